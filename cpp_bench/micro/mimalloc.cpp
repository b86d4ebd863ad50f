// Loads mimalloc, if it was there when this was built.

#include <benchmark/benchmark.h>
#include <dlfcn.h>

#include <string>

#include "frame_memory.hpp"

namespace flowcoro_micro {
namespace {

#ifdef FLOWCORO_MICRO_MIMALLOC
/// \return why it is not there; empty when it is.
std::string load(MimallocMemory::Functions& functions) {
  void* const library = dlopen(FLOWCORO_MICRO_MIMALLOC, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return dlerror();
  functions.allocate = reinterpret_cast<MimallocMemory::Allocate>(dlsym(library, "mi_malloc"));
  functions.free = reinterpret_cast<MimallocMemory::Free>(dlsym(library, "mi_free"));
  if (functions.allocate == nullptr || functions.free == nullptr) return "its library has no mi_malloc and mi_free";
  return "";
}
#else
std::string load(MimallocMemory::Functions& /*functions*/) { return "this was built without it"; }
#endif

MimallocMemory::Functions load_and_tell() {
  MimallocMemory::Functions functions;
  const std::string reason = load(functions);
  benchmark::AddCustomContext("mimalloc", reason.empty() ? "measured" : "not measured: " + reason);
  return reason.empty() ? functions : MimallocMemory::Functions{};
}

} // namespace

const MimallocMemory::Functions& MimallocMemory::functions() {
  static const Functions loaded = load_and_tell();
  return loaded;
}

} // namespace flowcoro_micro
