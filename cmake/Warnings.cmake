# flowcoro_warnings: linked privately by every target of the project, the library included.
add_library(flowcoro_warnings INTERFACE)
target_compile_options(flowcoro_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Woverloaded-virtual
  -Wcast-align -Wformat=2 -Wimplicit-fallthrough -Werror
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
  # g++ 12 reports members of coroutine frames that it laid out itself.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-error=maybe-uninitialized>)
