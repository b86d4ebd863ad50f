// Benchmarks of the real library with names and ends that are hard to handle.
#include <benchmark/benchmark.h>

#include <cmath>

namespace {

void spin(benchmark::State& state) {
  for (auto _ : state) {
    int work = 0;
    for (int i = 0; i < 100; ++i) benchmark::DoNotOptimize(work += i);
  }
  state.counters["op"] =
      benchmark::Counter(100, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void nan(benchmark::State& state) {
  spin(state);
  state.counters["ratio"] = std::nan("");
}

void fails(benchmark::State& state) {
  state.SkipWithError("wrong answer");
  for (auto _ : state) {
  }
}

} // namespace

int main(int argc, char** argv) {
  benchmark::RegisterBenchmark("plain", spin);
  benchmark::RegisterBenchmark("plain/longer", spin);
  benchmark::RegisterBenchmark("size", spin)->Arg(8);
  benchmark::RegisterBenchmark("two", spin)->Threads(2)->UseRealTime();
  benchmark::RegisterBenchmark(R"(a.b*c+(d)[e]{f}|^g$?\h "i" 'j' é)", spin);
  benchmark::RegisterBenchmark("fails", fails);
  benchmark::RegisterBenchmark("nan", nan);
  benchmark::RegisterBenchmark("many", spin)->Repetitions(3);
  benchmark::RegisterBenchmark("same", spin);
  benchmark::RegisterBenchmark("same", spin);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
