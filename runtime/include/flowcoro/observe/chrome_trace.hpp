#pragma once
/// A trace as the JSON that Perfetto (ui.perfetto.dev) and chrome://tracing open: a lane for each worker.
#include "flowcoro/sched/trace_buffer.hpp"

#include <iosfwd>

namespace flowcoro {

/// Writes all of it; whether that went well is the stream's state. One event a line; `ts` counts microseconds since start().
///
/// A process is a runtime, a thread is a worker, or "outside" for all threads that are none. Slices `run` and `parked`, with those
/// that were cut off by the start, the end or lost events closed there; a slice `spawn` of a nanosecond, with an arrow from it to
/// the `run` of its first step, where both are left; instants `steal` and `timer`. `otherData` says how many events are lost.
/// Blocks: for the stream. Throws std::bad_alloc. Cost: about 100 bytes for an event, O(n log n).
void write_chrome_trace(std::ostream& out, const TraceSnapshot& trace);

} // namespace flowcoro
