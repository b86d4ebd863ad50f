#include "capped_log.hpp"

#include <algorithm>

namespace flowbench {

void CappedLog::add(std::string_view bytes) {
  bytes_ += bytes.size();
  const std::size_t to_head = std::min(bytes.size(), part_bytes - head_.size());
  head_ += bytes.substr(0, to_head);
  tail_ += bytes.substr(to_head);
  if (tail_.size() > 2 * part_bytes) tail_.erase(0, tail_.size() - part_bytes);
}

std::string CappedLog::text() const {
  const std::size_t kept = std::min(tail_.size(), part_bytes);
  const std::uint64_t dropped = bytes_ - head_.size() - kept;
  if (dropped == 0) return head_ + tail_;
  return head_ + "\n[" + std::to_string(dropped) + " bytes not kept]\n" + tail_.substr(tail_.size() - kept);
}

} // namespace flowbench
