// Names and defaults in the options, resolved against the catalog and this machine.
#pragma once

#include <vector>

#include "catalog.hpp"
#include "options.hpp"

namespace flowbench {

/// The file that a word of the command line means: itself, or the manifest `<id>.json` that the build left in `subjects`.
[[nodiscard]] std::filesystem::path manifest_path(const std::string& word, const std::filesystem::path& subjects);

/// The catalog with the subjects of all manifests behind its own. Throws UsageFailure for an id that is taken.
[[nodiscard]] Catalog load_catalog_with(const std::filesystem::path& catalog,
                                        const std::vector<std::filesystem::path>& manifests);

/// Throws UsageFailure for an id in the options that none of the catalogs has.
void expect_known_ids(const PlanOptions& options, const std::vector<const Catalog*>& catalogs);

/// Checks every CPU, and fills in tasks and workers that were not given.
/// `cpus` are those of this process, `quota` as of cpu_quota(). Throws UsageFailure.
void resolve_options(PlanOptions& options, const Catalog& catalog, const std::vector<int>& cpus,
                     std::optional<std::uint64_t> quota);

/// The rows to measure, in the order of the catalog: those named, or all, and every one that came as a manifest.
[[nodiscard]] std::vector<SubjectRow> selected_subjects(const PlanOptions& options, const Catalog& catalog);

} // namespace flowbench
