# Script run at build time by flowcoro_add_foreign_subject: runs COMMAND ('|' between its words), then leaves
# either OUTPUT and OUTPUT.stamp, or OUTPUT.not_built with the reason and no stamp, so that the next build tries again.
string(REPLACE "|" ";" command "${COMMAND}")
file(REMOVE "${OUTPUT}.not_built" "${OUTPUT}.stamp")
execute_process(COMMAND ${command} RESULT_VARIABLE code ERROR_VARIABLE log OUTPUT_VARIABLE log)
if(NOT code EQUAL 0 OR NOT EXISTS "${OUTPUT}")
  string(STRIP "${log}" log)
  message(WARNING "subject ${ID} is not built:\n${log}")
  string(REGEX REPLACE "^.*\n" "" last_line "${log}")
  file(REMOVE "${OUTPUT}")
  file(WRITE "${OUTPUT}.not_built" "its build failed: ${last_line}\n")
  return()
endif()
file(TOUCH "${OUTPUT}.stamp")
