# Script run at each build: writes build_info.cpp with the commit of the checkout, touching it only when that changes.
# Needs SOURCE_DIR INPUT OUTPUT and the FLOWBENCH_* values that are known when the build is configured.
set(FLOWBENCH_COMMIT "unknown")
set(FLOWBENCH_DIRTY "false")
find_program(git NAMES git)
if(git)
  execute_process(COMMAND "${git}" rev-parse HEAD WORKING_DIRECTORY "${SOURCE_DIR}"
                  RESULT_VARIABLE code OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(code EQUAL 0)
    set(FLOWBENCH_COMMIT "${commit}")
    execute_process(COMMAND "${git}" status --porcelain --untracked-files=no WORKING_DIRECTORY "${SOURCE_DIR}"
                    OUTPUT_VARIABLE changes OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    if(NOT changes STREQUAL "")
      set(FLOWBENCH_DIRTY "true")
    endif()
  endif()
endif()
configure_file("${INPUT}" "${OUTPUT}" @ONLY)
