#include "sample.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>

namespace flowcoro::top {
namespace {

using nlohmann::json;

[[nodiscard]] Counts counts_of(const json& from) {
  return {.submitted = from.at("submitted"),
          .completed = from.at("completed"),
          .failed = from.at("failed"),
          .cancelled = from.at("cancelled"),
          .steals = from.at("steals"),
          .parks = from.at("parks"),
          .wakes = from.at("wakes"),
          .injected = from.at("injected"),
          .timers_fired = from.at("timers_fired")};
}

[[nodiscard]] Sample sample_of(const json& from) {
  Sample sample;
  sample.pid = from.at("pid");
  sample.runtime = harmless(from.at("runtime").get<std::string>());
  sample.steady_ns = from.at("steady_ns");
  sample.all = counts_of(from.at("tasks"));
  sample.alive = from.at("tasks").at("alive");
  sample.inject_queued = from.at("inject_queued");
  for (const json& worker : from.at("workers"))
    sample.workers.push_back({.counts = counts_of(worker),
                              .parked = worker.at("parked"),
                              .guest = worker.at("guest"),
                              .queued = worker.at("queued"),
                              .cpu_ns = worker.at("cpu_ns")});
  sample.outside = counts_of(from.at("outside"));
  sample.timers_active = from.at("timers").at("active");
  for (const json& bucket : from.at("timers").at("lateness_ns").at("buckets"))
    sample.lateness[bucket.at(0).get<std::uint64_t>()] = bucket.at(1).get<std::uint64_t>();
  const json& frames = from.at("frames");
  sample.frames_own = frames.at("hits");
  sample.frames =
      sample.frames_own + frames.at("batches_taken").get<std::uint64_t>() + frames.at("carved").get<std::uint64_t>();
  sample.mapped_bytes = frames.at("mapped_bytes");
  for (const json& pool : from.at("coroutine_pools")) {
    std::uint64_t ended = 0;
    for (const char* end : {"completed", "failed", "cancelled", "timed_out"})
      ended += pool.at(end).get<std::uint64_t>();
    sample.pools.push_back({.name = harmless(pool.at("name").get<std::string>()),
                            .active = pool.at("active"),
                            .pending = pool.at("pending"),
                            .ended = ended,
                            .p99_ns = pool.at("p99_duration_ns")});
  }
  return sample;
}

constexpr const char* stranger = "what answers there is no flowcoro::SnapshotServer: name the socket of one";

} // namespace

Sample parse_sample(std::string_view text) {
  try {
    const json from = json::parse(text);
    if (!from.is_object() || !from.contains("v")) throw NoSample{stranger};
    if (from.at("v") != 1)
      throw NoSample{"the program's snapshots are of version " + from.at("v").dump() +
                     ", and this is for 1: use the flowcoro-top of the program's flowcoro"};
    if (from.contains("error"))
      throw SnapshotFailed{"the program could not take a snapshot: " + harmless(from.at("error").get<std::string>())};
    return sample_of(from);
  } catch (const json::exception&) {
    throw NoSample{stranger};
  }
}

std::string harmless(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // U+0080 … U+009F control terminals, too.
    const bool c1 = byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (c1) ++i;
    out.push_back(c1 || byte < 0x20 || byte == 0x7F ? '?' : text[i]);
  }
  return out;
}

} // namespace flowcoro::top
