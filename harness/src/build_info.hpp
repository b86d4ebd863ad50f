// What this executable was built from. Filled in at build time from build_info.cpp.in.
#pragma once

namespace flowbench {

struct BuildInfo {
  const char* version;
  const char* commit; // "unknown" outside a git checkout
  bool dirty;         // whether the checkout had changes
  const char* compiler;
  const char* build_type;
  const char* cmake;
  const char* catalog; // where the catalog of this build is
};

extern const BuildInfo build_info;

} // namespace flowbench
