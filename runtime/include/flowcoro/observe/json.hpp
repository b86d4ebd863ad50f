#pragma once
/// A snapshot as JSON.
#include "flowcoro/observe/snapshot.hpp"

#include <ostream>
#include <string>

namespace flowcoro {

/// One object on one line, without a line feed. Numbers are integers with the unit in the key, but for `utilization`; those above 2^53 are
/// exact here, and only as good as the reader's numbers there. Never NaN or infinity. Valid UTF-8, whatever names there are. The same bytes in
/// every locale. Throws std::bad_alloc. The fields: docs/observe.md.
[[nodiscard]] std::string to_json(const Snapshot& snapshot);
/// A failing stream keeps its state.
void write_json(std::ostream& out, const Snapshot& snapshot);

} // namespace flowcoro
