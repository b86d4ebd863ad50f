#pragma once
// Something that the caller can put right: said in one line, exit code 2.

#include <stdexcept>

namespace flowbench {

class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

} // namespace flowbench
