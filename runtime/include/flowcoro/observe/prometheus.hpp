#pragma once
/// Snapshots in the text format that Prometheus scrapes.
#include "flowcoro/observe/snapshot.hpp"

#include <ostream>
#include <span>
#include <string_view>

namespace flowcoro {

/// The `Content-Type` under which a server gives it out.
inline constexpr std::string_view prometheus_content_type = "text/plain; version=0.0.4; charset=utf-8";

/// Text exposition format 0.0.4: names begin with `flowcoro_`, seconds and bytes, counters end with `_total`. What a worker counts has the
/// label `worker`, "0", "1" … or "outside", and is in no other sum, so sum() over it is right; a runtime with a name has the
/// label `runtime`. The same bytes in every locale. A failing stream keeps its state. Throws std::bad_alloc.
void write_prometheus(std::ostream& out, const Snapshot& snapshot);
/// Of several runtimes. What belongs to the whole process is taken from the first snapshot.
/// Throws std::invalid_argument when two have the same name: their samples could not be told apart.
void write_prometheus(std::ostream& out, std::span<const Snapshot> snapshots);

} // namespace flowcoro
