// To be preloaded: makes whoever loads it 300 MB large.
#include <cstdlib>
#include <cstring>

namespace {

void* ballast = nullptr; // kept, so that no leak is found

[[gnu::constructor]] void grow() {
  constexpr std::size_t size = 300'000'000;
  ballast = std::malloc(size);
  if (ballast != nullptr) std::memset(ballast, 1, size);
}

} // namespace
