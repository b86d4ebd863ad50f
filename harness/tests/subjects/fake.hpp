// What the fake subjects in C++ share: the options of the call, and the records of an honest subject. The answer is the seed.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

struct Call {
  std::string workload, seed;
  long tasks = 0, workers = 0, phases = 0;
};

inline std::FILE* result_channel() {
  static std::FILE* const channel = fdopen(3, "w");
  return channel;
}

// Answers --describe and ends, or returns the call.
inline Call read_call(int argc, char** argv) {
  Call call;
  for (int i = 1; i < argc; i += 2) {
    const std::string option = argv[i];
    if (option == "--describe") {
      std::fputs(R"({"v":1,"kind":"describe","subject":"fake","version":"1","build":{"compiler":"","flags":""},)"
                 R"("workloads":["plain","spawn_join"],"unsupported":{}})"
                 "\n",
                 result_channel());
      std::exit(0);
    }
    if (i + 1 == argc) std::exit(2);
    if (option == "--workload") call.workload = argv[i + 1];
    if (option == "--seed") call.seed = argv[i + 1];
    if (option == "--tasks") call.tasks = std::atol(argv[i + 1]);
    if (option == "--workers") call.workers = std::atol(argv[i + 1]);
    if (option == "--phases") call.phases = std::atol(argv[i + 1]);
  }
  std::fprintf(result_channel(),
               R"({"v":1,"kind":"hello","subject":"fake","version":"1","workload":"%s","tasks":%ld,"workers":%ld,)"
               R"("build":{"compiler":"","flags":""}})"
               "\n",
               call.workload.c_str(), call.tasks, call.workers);
  return call;
}

// A value of /proc/self/status in bytes, such as "VmHWM:". Uses no heap of its own, which would be counted.
inline long status_bytes(const char* key) {
  char line[256];
  long kilobytes = 0;
  std::FILE* const status = std::fopen("/proc/self/status", "r");
  while (status != nullptr && std::fgets(line, sizeof line, status) != nullptr) {
    if (std::strncmp(line, key, std::strlen(key)) == 0) kilobytes = std::atol(line + std::strlen(key));
  }
  if (status != nullptr) std::fclose(status);
  return kilobytes * 1024;
}

inline void say_sample(long i, long rss_before, long peak) {
  std::fprintf(
      result_channel(),
      R"({"v":1,"kind":"sample","i":%ld,"wall_ns":1000,"cpu_ns":1000,"rss_before_bytes":%ld,"peak_rss_bytes":%ld})"
      "\n",
      i, rss_before, peak);
}

inline int say_done(const Call& call) {
  std::fprintf(result_channel(),
               R"({"v":1,"kind":"done","completed":%ld,"answer":"%s"})"
               "\n",
               call.tasks, call.seed.c_str());
  return std::fclose(result_channel()) == 0 ? 0 : 1;
}
