#include "support/fixtures.hpp"

#include "support/programs.hpp"

namespace flowbench::test {

std::vector<Fixture> fixtures(const std::string& what) {
  const fs::path folder = fs::path(FLOWBENCH_CONTRACT) / "fixtures";
  const Json index = Json::parse(read_text(folder / "index.json"));
  std::vector<Fixture> found;
  for (const Json& entry : index.at("fixtures")) {
    if (entry.at("what") != what) continue;
    found.push_back({(folder / entry.at("file").get<std::string>()).lexically_normal(), entry.at("valid").get<bool>(),
                     entry.at("why").get<std::string>(), entry.value("call", Json())});
  }
  return found;
}

} // namespace flowbench::test
