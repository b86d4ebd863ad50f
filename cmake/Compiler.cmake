# Chooses the C++ compiler when the user has not: clang 19, else what the machine calls c++.
# clang before 17 caches thread-local addresses across a suspension, so it is refused.
if(NOT CMAKE_CXX_COMPILER AND NOT DEFINED ENV{CXX})
  find_program(FLOWCORO_CLANG NAMES clang++-19)
  mark_as_advanced(FLOWCORO_CLANG)
  if(FLOWCORO_CLANG)
    set(CMAKE_CXX_COMPILER "${FLOWCORO_CLANG}")
  endif()
endif()

function(flowcoro_refuse_broken_compiler)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 17)
    message(FATAL_ERROR "clang ${CMAKE_CXX_COMPILER_VERSION} miscompiles coroutines that change threads; "
                        "use clang 17 or newer (scripts/bootstrap installs clang 19)")
  elseif(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 12)
    message(FATAL_ERROR "g++ ${CMAKE_CXX_COMPILER_VERSION} is too old; use g++ 12 or newer, or clang 19")
  endif()
endfunction()
