#include "subject.hpp"

#include <boost/asio/version.hpp>
#include <boost/version.hpp>

#include <string>

namespace {

std::shared_ptr<flowbench::Runtime> start(unsigned workers) { return std::make_shared<flowbench::Runtime>(workers); }

std::string dotted(int major, int minor, int patch) {
  return std::to_string(major) + '.' + std::to_string(minor) + '.' + std::to_string(patch);
}

std::string version() {
  return "Asio " + dotted(BOOST_ASIO_VERSION / 100'000, BOOST_ASIO_VERSION / 100 % 1'000, BOOST_ASIO_VERSION % 100) +
         ", Boost " + dotted(BOOST_VERSION / 100'000, BOOST_VERSION / 100 % 1'000, BOOST_VERSION % 100);
}

} // namespace

flowbench::Subject flowbench::describe_subject() {
  return {.id = FLOWBENCH_SUBJECT_ID,
          .version = version(),
          .start = start,
          .workloads = registered_workloads(),
          .refusals = {
              {"pool_priority",
               "the library has neither priorities nor a limit on tasks: whoever needs them writes an executor of "
               "their own"},
          }};
}
