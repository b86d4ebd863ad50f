# How a subject gets into bin/subjects/, where flowbench looks for it under its id in catalog.json.
set(FLOWCORO_SUBJECT_DIR "${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/subjects")
set(FLOWCORO_CATALOG "${PROJECT_SOURCE_DIR}/harness/contract/catalog.json")
file(MAKE_DIRECTORY "${FLOWCORO_SUBJECT_DIR}")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${FLOWCORO_CATALOG}")

# flowcoro_add_subject(<id> [LINK <libs>...]): a C++ subject in ./<id>/.
# One source per workload id of catalog.json that the subject supports; the kit supplies main().
function(flowcoro_add_subject id)
  cmake_parse_arguments(arg "" "" "LINK" ${ARGN})
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
  target_link_libraries(subject_${id} PRIVATE flowbench_kit ${arg_LINK} flowcoro_warnings flowcoro_sanitizers)
endfunction()

# flowcoro_add_foreign_subject(<id> PROGRAM <tool> COMMAND <build command>... DEPENDS <sources>... [WORKING_DIRECTORY dir])
# A subject that another language's tool builds to bin/subjects/<id>. A missing tool or a failed build leaves
# <id>.not_built with the reason beside it, which flowbench shows; the rest of the build goes on.
function(flowcoro_add_foreign_subject id)
  cmake_parse_arguments(arg "" "PROGRAM;WORKING_DIRECTORY" "COMMAND;DEPENDS" ${ARGN})
  if(FLOWCORO_SANITIZE)
    return() # the sanitizers of C++ say nothing about other languages
  endif()
  set(output "${FLOWCORO_SUBJECT_DIR}/${id}")
  find_program(FLOWCORO_${arg_PROGRAM} NAMES ${arg_PROGRAM})
  if(NOT FLOWCORO_${arg_PROGRAM})
    message(WARNING "subject ${id} is not built: ${arg_PROGRAM} was not found")
    file(WRITE "${output}.not_built" "${arg_PROGRAM} was not found\n")
    return()
  endif()
  string(REPLACE ";" "|" command "${arg_COMMAND}")
  add_custom_command(OUTPUT "${output}.stamp"
    COMMAND "${CMAKE_COMMAND}" "-DID=${id}" "-DOUTPUT=${output}" "-DCOMMAND=${command}"
            -P "${PROJECT_SOURCE_DIR}/cmake/BuildForeignSubject.cmake"
    DEPENDS ${arg_DEPENDS} WORKING_DIRECTORY "${arg_WORKING_DIRECTORY}"
    COMMENT "Building subject ${id} with ${arg_PROGRAM}" USES_TERMINAL VERBATIM)
  add_custom_target(subject_${id} ALL DEPENDS "${output}.stamp")
endfunction()
