# What a user may choose, with its default; and the language settings that every target shares.
flowcoro_refuse_broken_compiler()

option(FLOWCORO_BUILD_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(FLOWCORO_BUILD_TOOLS "Build flowcoro-top" ${PROJECT_IS_TOP_LEVEL})
option(FLOWCORO_BUILD_HARNESS "Build flowbench and the subjects it measures" ${PROJECT_IS_TOP_LEVEL})
set(FLOWCORO_SANITIZE "" CACHE STRING "address (with UBSan and leaks), thread, fuzz, or empty")
set_property(CACHE FLOWCORO_SANITIZE PROPERTY STRINGS "" address thread fuzz)

# Debug and sanitizer builds, which look for mistakes.
set(flowcoro_checked OFF)
if(FLOWCORO_SANITIZE OR CMAKE_BUILD_TYPE STREQUAL "Debug")
  set(flowcoro_checked ON)
endif()
option(FLOWCORO_CHECKED "Abort when a task goes from one state to another that cannot follow" ${flowcoro_checked})

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)

if(PROJECT_IS_TOP_LEVEL)
  if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" )
  endif()
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
endif()
