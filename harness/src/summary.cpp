#include <algorithm>
#include <array>
#include <set>

#include "console.hpp"
#include "text.hpp"

namespace flowbench {
namespace {

using Counts = std::array<std::size_t, status_names.size()>;

// What happened to the trials of a case that are not ok: one entry for each state and reason.
struct Trouble {
  Status status;
  std::string reason;
  std::size_t trials = 0;
};

std::string pad_left(const std::string& text, std::size_t width) {
  return text.size() >= width ? text : std::string(width - text.size(), ' ') + text;
}

std::string pad_right(const std::string& text, std::size_t width) {
  return text.size() >= width ? text : text + std::string(width - text.size(), ' ');
}

std::string count_table(const std::vector<std::string>& subjects, const std::map<std::string, Counts>& counts) {
  std::vector<std::size_t> columns;
  for (std::size_t status = 0; status < status_names.size(); ++status) {
    const bool used = status == 0 || std::any_of(counts.begin(), counts.end(),
                                                 [&](const auto& entry) { return entry.second[status] > 0; });
    if (used) columns.push_back(status);
  }
  std::size_t name_width = 7;
  for (const std::string& subject : subjects) name_width = std::max(name_width, subject.size());
  std::string text = pad_right("subject", name_width);
  for (const std::size_t column : columns) {
    text += "  " + pad_left(std::string(status_names[column]), 6);
  }
  text += "\n";
  for (const std::string& subject : subjects) {
    text += pad_right(subject, name_width);
    for (const std::size_t column : columns) {
      const std::size_t width = std::max<std::size_t>(6, status_names[column].size());
      text += "  " + pad_left(std::to_string(counts.at(subject)[column]), width);
    }
    text += "\n";
  }
  return text;
}

// Trials of a case of which the same is worth a note, and the most of it in one trial.
struct Noted {
  std::size_t trials = 0;
  std::uint64_t most = 0;

  void add(std::uint64_t value) {
    ++trials;
    most = std::max(most, value);
  }
};

std::string noted_line(const Case& one, const std::string& most, std::size_t trials) {
  return "  " + one.label() + ": up to " + most + " in " + std::to_string(trials) +
         (trials == 1 ? " trial\n" : " trials\n");
}

std::string trouble_lines(const Case& one, const std::vector<Trouble>& troubles) {
  std::string text;
  for (const Trouble& trouble : troubles) {
    text += "  " + one.label() + ": " + std::string(name(trouble.status));
    if (trouble.trials > 1) text += " in " + std::to_string(trouble.trials) + " trials";
    text += ": " + trouble.reason + "\n";
  }
  return text;
}

} // namespace

std::string summary_text(const Plan& plan, const std::vector<Trial>& trials) {
  std::vector<std::string> subjects;
  for (const Case& one : plan.cases) {
    if (std::find(subjects.begin(), subjects.end(), one.subject) == subjects.end()) subjects.push_back(one.subject);
  }
  std::map<std::string, Counts> counts;
  for (const std::string& subject : subjects) counts[subject] = {};
  std::map<std::size_t, std::vector<Trouble>> troubles; // by case
  std::map<std::size_t, Noted> unaccounted, unknown;    // by case: ns, and keys
  for (const Trial& trial : trials) {
    if (!trial.warmup) ++counts[trial.subject][static_cast<std::size_t>(trial.status)];
    if (trial.unaccounted_ns) unaccounted[plan.trials[trial.trial].case_index].add(*trial.unaccounted_ns);
    if (trial.unknown_keys > 0) unknown[plan.trials[trial.trial].case_index].add(trial.unknown_keys);
    if (trial.status == Status::ok) continue;
    std::vector<Trouble>& of_case = troubles[plan.trials[trial.trial].case_index];
    const auto same = std::find_if(of_case.begin(), of_case.end(), [&](const Trouble& trouble) {
      return trouble.status == trial.status && trouble.reason == trial.reason;
    });
    if (same != of_case.end()) {
      ++same->trials;
    } else {
      of_case.push_back({trial.status, trial.reason, 1});
    }
  }

  std::string text = count_table(subjects, counts);
  std::string failed, others;
  for (const auto& [index, of_case] : troubles) {
    for (const Trouble& trouble : of_case) {
      (is_failure(trouble.status) ? failed : others) += trouble_lines(plan.cases[index], {trouble});
    }
  }
  if (!failed.empty()) text += "\nFailed:\n" + failed;
  if (!others.empty()) text += "\nWithout numbers:\n" + others;
  if (!unaccounted.empty()) text += "\nLonger between their records than their samples tell:\n";
  for (const auto& [index, found] : unaccounted) {
    text += noted_line(plan.cases[index], std::to_string(found.most / 1'000'000) + " ms", found.trials);
  }
  if (!unknown.empty()) text += "\nKeys that the contract does not know, ignored:\n";
  for (const auto& [index, found] : unknown) {
    text += noted_line(plan.cases[index], std::to_string(found.most), found.trials);
  }
  return text;
}

} // namespace flowbench
