// An element of a Generator, and of one that gives the elements of another.

#include <flowcoro/flowcoro.hpp>

#include "per_op.hpp"

namespace flowcoro_micro {
namespace {

constexpr std::uint64_t elements = 10'000;
constexpr std::uint64_t expected = elements * (elements - 1) / 2;

flowcoro::Generator<std::uint64_t> count() {
  for (std::uint64_t i = 0; i < elements; ++i) co_yield i;
}
flowcoro::Generator<std::uint64_t> count_below(int depth) {
  if (depth == 0)
    co_yield flowcoro::elements_of(count());
  else
    co_yield flowcoro::elements_of(count_below(depth - 1));
}

void sum_up(benchmark::State& state, flowcoro::Generator<std::uint64_t> (*make)()) {
  for (auto _ : state) {
    std::uint64_t sum = 0;
    for (const std::uint64_t element : make()) sum += element;
    if (!check(state, sum == expected)) break;
  }
  report_per_op(state, elements);
}
void generator_element(benchmark::State& state) { sum_up(state, count); }
void generator_element_ten_deep(benchmark::State& state) {
  sum_up(state, [] { return count_below(10); });
}

BENCHMARK(generator_element)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(generator_element_ten_deep)->UseRealTime()->MeasureProcessCPUTime();

} // namespace
} // namespace flowcoro_micro
