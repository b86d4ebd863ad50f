// The manifest of a subject from elsewhere, and a file of anchors: refused with one line, or read.
#include "anchors.hpp"
#include "catalog.hpp"
#include "failure.hpp"
#include "input.hpp"

namespace flowbench {
namespace {

template <typename Load>
void load(const Load& load_file) {
  try {
    load_file();
  } catch (const UsageFailure& failure) {
    fuzz::expect(std::string_view(failure.what()).find('\n') == std::string_view::npos);
  }
}

} // namespace
} // namespace flowbench

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const flowbench::fuzz::MemoryFile file(flowbench::fuzz::text_of(data, size));
  flowbench::load([&] {
    const flowbench::SubjectRow row = flowbench::load_manifest(file.path());
    flowbench::fuzz::expect(!row.id.empty() && row.id.size() <= 64 && row.id.find('/') == std::string::npos);
    flowbench::fuzz::expect(!row.command.empty() && !row.command[0].empty());
  });
  flowbench::load([&] { (void)flowbench::load_anchors(file.path()); });
  return 0;
}
