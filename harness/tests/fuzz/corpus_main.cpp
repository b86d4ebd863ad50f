// Feeds every file below the folders given to a fuzz target, whole, cut short, and with single bytes changed: what
// every build runs in the place of libFuzzer, so that no target rots.
#include <cstdio>
#include <fstream>
#include <iterator>
#include <random>

#include "input.hpp"

namespace {

constexpr int changes_of_each = 20;
constexpr std::size_t longest_to_change = 8'192;

std::string read_file(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void feed(const std::string& text) {
  (void)LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

} // namespace

int main(int argc, char** argv) {
  std::mt19937 random(1); // the same changes each time
  int files = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
      if (!entry.is_regular_file()) continue;
      const std::string text = read_file(entry.path());
      ++files;
      std::printf("%s\n", entry.path().c_str());
      std::fflush(stdout); // the file at hand, should it end here
      feed(text);
      for (int turn = 0; turn < changes_of_each && !text.empty() && text.size() <= longest_to_change; ++turn) {
        std::string changed = text;
        changed[random() % changed.size()] = static_cast<char>(random());
        feed(changed);
        feed(text.substr(0, random() % text.size()));
      }
    }
  }
  return files > 0 ? 0 : 1;
}
