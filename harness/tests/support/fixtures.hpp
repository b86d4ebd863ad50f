// The good and bad output that the tests of every language read.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "strict_json.hpp"

namespace flowbench::test {

struct Fixture {
  std::filesystem::path path;
  bool valid = false;
  std::string why;
  Json call; // of a stream: what was asked
};

/// All fixtures of a kind: stream, describe, manifest, catalog, run, trials.
[[nodiscard]] std::vector<Fixture> fixtures(const std::string& what);

} // namespace flowbench::test
