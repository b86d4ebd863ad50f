#include "flowcoro/test/for_each_seed.hpp"

#include "error_text.hpp"
#include "seed_of_crash.hpp"

#include <exception>

namespace flowcoro::test::detail {

void run_seeds(std::uint64_t first, std::uint64_t count, const std::function<bool(std::uint64_t)>& body) {
  SeedOfCrash current;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t seed = first + i;
    current.set(seed);
    bool good = false;
    try {
      good = body(seed);
    } catch (...) {
      std::throw_with_nested(SeedFailed{seed, error_text(std::current_exception())});
    }
    if (!good) throw SeedFailed{seed, "the test said so"};
  }
}

} // namespace flowcoro::test::detail
