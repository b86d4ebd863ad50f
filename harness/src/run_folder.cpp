#include "run_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <stdexcept>

#include "failure.hpp"
#include "record_crc.hpp"
#include "text.hpp"

namespace flowbench {
namespace {

[[noreturn]] void cannot_write(const fs::path& file, int error) {
  throw WriteFailure("cannot write " + file.string() + ": " + error_text(error));
}

// Before anything is measured, so it is the place that is wrong, unless the disk takes nothing.
[[noreturn]] void cannot_begin(const std::string& what, int error) {
  if (error == ENOSPC || error == EDQUOT || error == EROFS) throw WriteFailure(what + ": " + error_text(error));
  throw UsageFailure(what + ": " + error_text(error) + "; name another folder with --results or --out");
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) cannot_begin("cannot make the folder " + folder.string(), error.value());
}

// A rename or a new file is on the disk only when its folder is.
void sync_folder(const fs::path& folder) {
  const FileDescriptor fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.is_open() || fsync(fd.get()) != 0) cannot_write(folder, errno);
}

// Writes and syncs a new file; takes it back when that fails.
void write_new_file(const fs::path& file, std::string_view text) {
  const FileDescriptor fd(open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!fd.is_open()) cannot_write(file, errno);
  int error = write_all(fd.get(), text);
  if (error == 0 && fsync(fd.get()) != 0) error = errno;
  if (error == 0) return;
  unlink(file.c_str());
  cannot_write(file, error);
}

std::tm utc_time() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  return parts;
}

} // namespace

ResultsLock::ResultsLock(const fs::path& results) {
  make_folder(results);
  const fs::path path = results / ".lock";
  file_ = FileDescriptor(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!file_.is_open()) cannot_begin("cannot write " + path.string(), errno);
  if (flock(file_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) throw WriteFailure("cannot lock " + path.string() + ": " + error_text(errno));
    const std::string holder = one_line(read_system_file(path).value_or(""), 20);
    throw BusyFailure("another flowbench (pid " + holder + ") is measuring into " + results.string() +
                      "; two at once would disturb each other: wait for it to end");
  }
  const std::string pid = std::to_string(getpid()) + "\n";
  if (ftruncate(file_.get(), 0) != 0) cannot_write(path, errno);
  if (const int error = write_all(file_.get(), pid); error != 0) cannot_write(path, error);
}

RunFolder RunFolder::create(const fs::path& path) {
  std::error_code error;
  if (fs::exists(path, error) && !fs::is_empty(path, error)) {
    throw UsageFailure(path.string() + " exists and is not empty; name a new folder, or go on with --resume");
  }
  make_folder(path);
  RunFolder folder(path);
  folder.open_trials(O_CREAT | O_EXCL);
  return folder;
}

RunFolder RunFolder::reopen(const fs::path& path, std::uint64_t keep_bytes) {
  RunFolder folder(path);
  folder.open_trials(0);
  if (ftruncate(folder.trials_.get(), static_cast<off_t>(keep_bytes)) != 0) {
    cannot_write(path / trials_file_name, errno);
  }
  return folder;
}

void RunFolder::open_trials(int flags) {
  const fs::path file = path_ / trials_file_name;
  trials_ = FileDescriptor(open(file.c_str(), O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC | flags, 0644));
  if (!trials_.is_open()) cannot_write(file, errno);
}

void RunFolder::write_run(const Json& document) {
  const fs::path temporary = path_ / "run.json.new";
  const fs::path file = path_ / run_file_name;
  write_new_file(temporary, document.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
  if (rename(temporary.c_str(), file.c_str()) != 0) cannot_write(file, errno);
  sync_folder(path_);
}

void RunFolder::append(const Json& trial) {
  const off_t before = lseek(trials_.get(), 0, SEEK_END);
  int error = before < 0 ? errno : write_all(trials_.get(), with_crc(json_line(trial)) + "\n");
  if (error == 0 && fdatasync(trials_.get()) != 0) error = errno;
  if (error == 0) return;
  // Should this fail too, the torn line stays, and readers drop it.
  if (before >= 0 && ftruncate(trials_.get(), before) != 0) error = errno;
  cannot_write(path_ / trials_file_name, error);
}

std::string RunFolder::save_log(const std::string& name, std::string_view text) {
  make_folder(path_ / "logs");
  const std::string below = "logs/" + name + ".txt";
  write_new_file(path_ / below, text);
  return below;
}

std::string new_run_id(const fs::path& results) {
  const std::tm parts = utc_time();
  char time[32];
  if (std::strftime(time, sizeof time, "%Y%m%d-%H%M%S", &parts) == 0) throw std::logic_error("a date too long");
  std::string id = time;
  std::error_code error;
  for (int i = 2; fs::exists(results / id, error); ++i) id = std::string(time) + "-" + std::to_string(i);
  return id;
}

std::string utc_now() {
  const std::tm parts = utc_time();
  char time[32];
  if (std::strftime(time, sizeof time, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) throw std::logic_error("a date too long");
  return time;
}

void point_latest(const fs::path& results, const fs::path& run) {
  const fs::path temporary = results / ".latest.new";
  const fs::path link = results / "latest";
  unlink(temporary.c_str());
  if (symlink(run.filename().c_str(), temporary.c_str()) != 0) cannot_write(temporary, errno);
  if (rename(temporary.c_str(), link.c_str()) != 0) cannot_write(link, errno);
}

fs::path find_run(const fs::path& results, const fs::path& named) {
  std::error_code error;
  if (named != "latest") {
    // A link would be led to itself when `latest` is set.
    if (fs::is_directory(named, error)) return fs::is_symlink(named, error) ? fs::canonical(named) : named;
    if (fs::is_directory(results / named, error)) return results / named;
    throw UsageFailure("there is no run " + named.string() + "; give the folder of a run, or 'latest'");
  }
  const fs::path run = fs::canonical(results / "latest", error);
  if (error) throw UsageFailure("there is no run in " + results.string() + " yet; start one with flowbench run");
  return run;
}

} // namespace flowbench
