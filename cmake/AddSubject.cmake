# How a subject gets into bin/subjects/, where flowbench looks for it under its id in catalog.json.
set(FLOWCORO_SUBJECT_DIR "${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/subjects")
set(FLOWCORO_CATALOG "${PROJECT_SOURCE_DIR}/harness/contract/catalog.json")
file(MAKE_DIRECTORY "${FLOWCORO_SUBJECT_DIR}")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${FLOWCORO_CATALOG}")

# <id>.not_built beside the place of its executable says why a subject is not there; flowbench shows it, and the rest goes on.
function(flowcoro_leave_out_subject id reason)
  set(output "${FLOWCORO_SUBJECT_DIR}/${id}")
  file(REMOVE "${output}" "${output}.stamp")
  file(WRITE "${output}.not_built" "${reason}\n")
endfunction()

# flowcoro_add_subject(<id> [LINK <libs>...] [PACKAGE <name> <version>]): a C++ subject in ./<id>/.
# One source per workload id of catalog.json that the subject supports; the kit supplies main(). PACKAGE is the library that
# it measures, of that version or newer; without it there is no target subject_<id>.
function(flowcoro_add_subject id)
  cmake_parse_arguments(arg "" "" "LINK;PACKAGE" ${ARGN})
  if(arg_PACKAGE)
    list(POP_FRONT arg_PACKAGE package version)
    # CONFIG: as the library describes itself, not a module of CMake's that guesses.
    find_package(${package} ${version} CONFIG QUIET)
    if(NOT ${package}_FOUND)
      set(reason "${package} ${version} or newer was not found")
      if(${package}_CONSIDERED_VERSIONS)
        list(JOIN ${package}_CONSIDERED_VERSIONS ", " found)
        string(APPEND reason "; there is ${found}")
      endif()
      message(WARNING "subject ${id} is not built: ${reason}")
      flowcoro_leave_out_subject(${id} "${reason}")
      return()
    endif()
  endif()
  file(READ "${FLOWCORO_CATALOG}" catalog)
  string(JSON count LENGTH "${catalog}" workloads)
  math(EXPR last "${count} - 1")
  set(sources "")
  foreach(i RANGE ${last})
    string(JSON workload GET "${catalog}" workloads ${i} id)
    if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${id}/${workload}.cpp")
      list(APPEND sources "${id}/${workload}.cpp")
    endif()
  endforeach()
  file(GLOB shared CONFIGURE_DEPENDS RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}" "${id}/subject*.cpp")
  add_executable(subject_${id} ${sources} ${shared})
  set_target_properties(subject_${id} PROPERTIES
    OUTPUT_NAME ${id} RUNTIME_OUTPUT_DIRECTORY "${FLOWCORO_SUBJECT_DIR}")
  target_compile_definitions(subject_${id} PRIVATE FLOWBENCH_SUBJECT_ID="${id}")
  if(FLOWCORO_SANITIZE) # nothing is measured there; a test that runs a subject depends on it
    set_target_properties(subject_${id} PROPERTIES EXCLUDE_FROM_ALL TRUE)
  endif()
  target_link_libraries(subject_${id} PRIVATE flowbench_kit ${arg_LINK} flowcoro_warnings flowcoro_sanitizers)
  # What was in the way of an earlier build is gone.
  add_custom_command(TARGET subject_${id} POST_BUILD COMMAND "${CMAKE_COMMAND}" -E rm -f "$<TARGET_FILE:subject_${id}>.not_built")
endfunction()

# flowcoro_add_injected_subject(<id> <name> [TIME_PERCENT <n>] [BYTES_PERCENT <n>]): the C++ subject <id> made worse by a known
# amount, for the self-test of the gate: target injected_<name>_<id>, program bin/injected/<name>/<id>. It links the subject's own
# objects with a main() of its own, so that no other subject holds anything of it, and is built only when it is asked for.
function(flowcoro_add_injected_subject id name)
  cmake_parse_arguments(arg "" "TIME_PERCENT;BYTES_PERCENT" "" ${ARGN})
  set(injection "${PROJECT_SOURCE_DIR}/cpp_bench/kit/injection")
  set(target injected_${name}_${id})
  add_executable(${target} EXCLUDE_FROM_ALL
    "${injection}/main.cpp" "${injection}/injection.cpp" $<TARGET_OBJECTS:subject_${id}>)
  set_target_properties(${target} PROPERTIES
    OUTPUT_NAME ${id} RUNTIME_OUTPUT_DIRECTORY "${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/injected/${name}")
  target_include_directories(${target} PRIVATE "${injection}")
  foreach(what TIME_PERCENT BYTES_PERCENT)
    if(NOT arg_${what})
      set(arg_${what} 0)
    endif()
    target_compile_definitions(${target} PRIVATE FLOWBENCH_INJECT_${what}=${arg_${what}})
  endforeach()
  target_link_libraries(${target} PRIVATE $<TARGET_PROPERTY:subject_${id},LINK_LIBRARIES>)
endfunction()

# The flags that every C++ subject is compiled with, as a list with generator expressions: for the record in the results.
function(flowcoro_compile_flags result)
  string(TOUPPER "${CMAKE_BUILD_TYPE}" build_type)
  set(${result} ${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${build_type}} -std=c++${CMAKE_CXX_STANDARD}
    $<TARGET_PROPERTY:flowcoro_sanitizers,INTERFACE_COMPILE_OPTIONS> PARENT_SCOPE)
endfunction()

# flowcoro_add_benchmark_subject(<target> TITLE <title> [NOTE <note>] [ANCHORS <file>]): a Google Benchmark binary as a subject.
# Its manifest, bin/subjects/<target>.json, is what `flowbench run --subject <target>` reads. Debian compiles that library
# without NDEBUG, so it calls itself a debug build although it is optimised; only a release build of ours may overlook that.
function(flowcoro_add_benchmark_subject target)
  cmake_parse_arguments(arg "" "TITLE;NOTE;ANCHORS" "" ${ARGN})
  flowcoro_compile_flags(flags)
  set(overlook_debug_library false)
  if(CMAKE_BUILD_TYPE MATCHES "^Rel" AND NOT FLOWCORO_SANITIZE)
    set(overlook_debug_library true)
  endif()
  set(anchors "")
  if(arg_ANCHORS)
    cmake_path(ABSOLUTE_PATH arg_ANCHORS)
    set(anchors "\n  \"anchors\": \"${arg_ANCHORS}\",")
  endif()
  file(GENERATE OUTPUT "${FLOWCORO_SUBJECT_DIR}/${target}.json" CONTENT "{
  \"v\": 1,
  \"kind\": \"google_benchmark\",
  \"id\": \"${target}\",
  \"title\": \"${arg_TITLE}\",
  \"language\": \"C++\",
  \"note\": \"${arg_NOTE}\",
  \"command\": [\"$<TARGET_FILE:${target}>\"],
  \"version\": \"${PROJECT_VERSION}\",
  \"build\": {\"compiler\": \"${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}\", \"flags\": \"$<JOIN:${flags}, >\"},${anchors}
  \"allow_debug_library\": ${overlook_debug_library}
}
")
endfunction()

# flowcoro_add_foreign_subject(<id> PROGRAM <tool> COMMAND <build command>... PRODUCT <file> DEPENDS <sources>...)
# A subject that another language's tool builds in the current source directory. The word <tool> in COMMAND stands for the
# tool's path, which is also in FLOWCORO_<tool>. COMMAND makes PRODUCT, which becomes bin/subjects/<id>. A missing tool or a failed build leaves <id>.not_built with the reason, which flowbench
# shows; the rest of the build goes on. Sanitizer builds leave it out: they do not reach into it, and measure nothing.
function(flowcoro_add_foreign_subject id)
  cmake_parse_arguments(arg "" "PROGRAM;PRODUCT" "COMMAND;DEPENDS" ${ARGN})
  set(output "${FLOWCORO_SUBJECT_DIR}/${id}")
  find_program(FLOWCORO_${arg_PROGRAM} NAMES ${arg_PROGRAM})
  if(FLOWCORO_SANITIZE)
    set(reason "it is not part of a sanitizer build")
  elseif(NOT FLOWCORO_${arg_PROGRAM})
    set(reason "${arg_PROGRAM} was not found")
    message(WARNING "subject ${id} is not built: ${reason}")
  endif()
  if(reason)
    flowcoro_leave_out_subject(${id} "${reason}")
    return()
  endif()
  list(TRANSFORM arg_COMMAND REPLACE "^${arg_PROGRAM}$" "${FLOWCORO_${arg_PROGRAM}}")
  list(JOIN arg_COMMAND "|" command)
  add_custom_command(OUTPUT "${output}.stamp"
    COMMAND "${CMAKE_COMMAND}" "-DID=${id}" "-DOUTPUT=${output}" "-DCOMMAND=${command}" "-DPRODUCT=${arg_PRODUCT}"
            -P "${PROJECT_SOURCE_DIR}/cmake/BuildForeignSubject.cmake"
    DEPENDS ${arg_DEPENDS} "${PROJECT_SOURCE_DIR}/cmake/BuildForeignSubject.cmake"
    WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}"
    COMMENT "Building subject ${id} with ${arg_PROGRAM}" VERBATIM)
  add_custom_target(subject_${id} ALL DEPENDS "${output}.stamp")
endfunction()
