# flowcoro_add_test(<floor> [LINK <libs>...]): one GoogleTest program for a floor of the runtime.
# Its sources are tests/<floor>/*_test.cpp; expects tests/<floor>/<header>_test.cpp for every header of include/flowcoro/<floor>/.
find_package(GTest REQUIRED)
include(GoogleTest)

function(flowcoro_add_test floor)
  cmake_parse_arguments(arg "" "" "LINK" ${ARGN})
  set(headers_dir "${CMAKE_CURRENT_SOURCE_DIR}/include/flowcoro/${floor}")
  set(tests_dir "${CMAKE_CURRENT_SOURCE_DIR}/tests/${floor}")
  file(GLOB headers CONFIGURE_DEPENDS "${headers_dir}/*.hpp")
  file(GLOB sources CONFIGURE_DEPENDS "${tests_dir}/*_test.cpp")
  foreach(header IN LISTS headers)
    cmake_path(GET header STEM stem)
    if(NOT EXISTS "${tests_dir}/${stem}_test.cpp")
      message(FATAL_ERROR "${header} has no test; write ${tests_dir}/${stem}_test.cpp")
    endif()
  endforeach()
  flowcoro_add_test_program(flowcoro_${floor}_test LABEL runtime SOURCES ${sources} LINK flowcoro ${arg_LINK})
  # for "support/<name>.hpp"
  target_include_directories(flowcoro_${floor}_test PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}/tests")
endfunction()

# flowcoro_add_test_program(<name> LABEL <ctest label> SOURCES <files>... [LINK <libs>...])
function(flowcoro_add_test_program name)
  cmake_parse_arguments(arg "" "LABEL" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  list(LENGTH arg_SOURCES source_count)
  if(source_count GREATER 3) # the header takes a third of the time of a small test, and as long again to be precompiled
    target_precompile_headers(${name} PRIVATE <gtest/gtest.h>)
    list(FILTER arg_SOURCES EXCLUDE REGEX "_test\\.cpp$")
    set_source_files_properties(${arg_SOURCES} PROPERTIES SKIP_PRECOMPILE_HEADERS ON) # what is tested does not include it
  endif()
  target_link_libraries(${name} PRIVATE ${arg_LINK} GTest::gtest GTest::gmock GTest::gtest_main
                                        flowcoro_warnings flowcoro_sanitizers)
  set(discover DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60)
  set(properties PROPERTIES LABELS ${arg_LABEL} TIMEOUT 300)
  gtest_discover_tests(${name} ${discover} ${properties})
endfunction()
