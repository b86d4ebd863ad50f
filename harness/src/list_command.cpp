// `flowbench list`: what could be measured here, and why the rest cannot.
#include <unistd.h>

#include <iostream>

#include "commands.hpp"
#include "cpus.hpp"
#include "executor/executor.hpp"
#include "failure.hpp"
#include "selection.hpp"
#include "subject.hpp"
#include "text.hpp"

namespace flowbench {
namespace {

std::vector<Subject> ask_all(const Catalog& catalog) {
  StopSignals signals;
  Executor executor(signals);
  std::vector<Subject> subjects;
  for (const SubjectRow& row : catalog.subjects) {
    subjects.push_back(locate_subject(row, subject_folder()));
    ask_subject(subjects.back(), executor, allowed_cpus(), 1);
    if (const std::optional<int> signal = signals.take()) throw Failure(exit_signal_base + *signal, "interrupted");
  }
  return subjects;
}

Json list_json(const Catalog& catalog, const std::vector<Subject>& subjects) {
  Json subject_list = Json::array();
  for (const Subject& subject : subjects) {
    Json supports = Json::array();
    Json unsupported = Json::object();
    Json unlike = Json::object();
    for (const Workload& workload : catalog.workloads) {
      const std::optional<std::string> why = subject.why_unsupported(workload.id);
      if (why) {
        unsupported[workload.id] = *why;
      } else {
        supports.push_back(workload.id);
        if (const auto how = subject.why_unlike(workload.id)) unlike[workload.id] = *how;
      }
    }
    Json json{{"id", subject.row.id},
              {"title", subject.row.title},
              {"language", subject.row.language},
              {"note", subject.row.note},
              {"status", name(subject.trouble.value_or(Status::ok))}};
    if (!subject.reason.empty()) json["reason"] = subject.reason;
    if (subject.row.control) json["control"] = true;
    if (subject.row.google_benchmark) {
      json["benchmarks"] = Json::array();
      for (const ListedBenchmark& benchmark : subject.benchmarks) json["benchmarks"].push_back(benchmark.name);
    }
    if (subject.description) {
      json["version"] = subject.description->version;
      json["workloads"] = std::move(supports);
      json["unsupported"] = std::move(unsupported);
      json["unlike"] = std::move(unlike);
    }
    subject_list.push_back(std::move(json));
  }
  Json workload_list = Json::array();
  for (const Workload& workload : catalog.workloads) {
    workload_list.push_back({{"id", workload.id}, {"title", workload.title}, {"task", workload.task}});
  }
  return {{"v", 1}, {"subjects", std::move(subject_list)}, {"workloads", std::move(workload_list)}};
}

std::string support_text(const Catalog& catalog, const Subject& subject) {
  if (!subject.description) {
    std::string names;
    for (const ListedBenchmark& benchmark : subject.benchmarks) {
      names += "    benchmark " + benchmark.name + (benchmark.trouble.empty() ? "" : ": " + benchmark.trouble) + "\n";
    }
    return names;
  }
  std::vector<std::string> supported;
  std::string rest;
  for (const Workload& workload : catalog.workloads) {
    if (const std::optional<std::string> why = subject.why_unsupported(workload.id)) {
      rest += "    not " + workload.id + ": " + *why + "\n";
    } else {
      supported.push_back(workload.id);
      if (const auto how = subject.why_unlike(workload.id)) rest += "    unlike " + workload.id + ": " + *how + "\n";
    }
  }
  return "    workloads: " + join(supported, " ") + "\n" + rest;
}

} // namespace

std::filesystem::path subject_folder() {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) throw EnvironmentFailure("cannot find this executable: " + error.message());
  return self.parent_path() / "subjects";
}

int list_command(const ListOptions& options) {
  const Catalog catalog = load_catalog_with(options.catalog, options.manifests);
  const std::vector<Subject> subjects = ask_all(catalog);
  if (options.json) {
    std::cout << list_json(catalog, subjects).dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
    return exit_good;
  }
  std::cout << "Subjects:\n";
  for (const Subject& subject : subjects) {
    std::cout << "  " << subject.row.id << ": " << subject.row.title << " (" << subject.row.language;
    if (subject.description) std::cout << ", " << one_line(subject.description->version);
    std::cout << ")";
    if (subject.trouble) std::cout << ": " << name(*subject.trouble) << ": " << subject.reason;
    if (!subject.warning.empty()) std::cout << ": " << subject.warning;
    std::cout << "\n" << support_text(catalog, subject);
  }
  std::cout << "Workloads:\n";
  for (const Workload& workload : catalog.workloads) {
    std::cout << "  " << workload.id << ": " << workload.task << "; " << workload.holds << "\n";
  }
  return exit_good;
}

} // namespace flowbench
