# flowcoro_sanitizers: linked by every target, so that no object escapes the check of its build.
add_library(flowcoro_sanitizers INTERFACE)

set(flowcoro_sanitize_flags "")
if(FLOWCORO_SANITIZE STREQUAL "address")
  set(flowcoro_sanitize_flags -fsanitize=address,undefined -fno-sanitize-recover=all)
elseif(FLOWCORO_SANITIZE STREQUAL "thread")
  set(flowcoro_sanitize_flags -fsanitize=thread)
elseif(FLOWCORO_SANITIZE STREQUAL "fuzz")
  set(flowcoro_sanitize_flags -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all)
elseif(NOT FLOWCORO_SANITIZE STREQUAL "")
  message(FATAL_ERROR "FLOWCORO_SANITIZE is '${FLOWCORO_SANITIZE}'; use address, thread, fuzz or leave it empty")
endif()

if(flowcoro_sanitize_flags)
  # g++ emits no tail calls under its sanitizers, so deep await chains need clang there.
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(WARNING "sanitizer builds are tested with clang 19 only; long await chains overflow or stall under g++")
  endif()
  # Lines are all that a report shows; the rest of debug information takes a fifth of the time of a build.
  target_compile_options(flowcoro_sanitizers INTERFACE ${flowcoro_sanitize_flags} -O1 -g1 -fno-omit-frame-pointer)
  target_link_options(flowcoro_sanitizers INTERFACE ${flowcoro_sanitize_flags})
endif()
# g++ makes symmetric transfer a tail call only with this; -O2 and above have it already.
target_compile_options(flowcoro_sanitizers INTERFACE $<$<CXX_COMPILER_ID:GNU>:-foptimize-sibling-calls>)
