#pragma once
/// Code that runs while an exception is on its way through its thread.
#include <stdexcept>

namespace flowcoro::test {

/// Calls `function()`, which must not throw, from a destructor while std::uncaught_exceptions() is 1.
template <class F>
void while_unwinding(F function) {
  struct CallAtTheEnd {
    F& function;
    ~CallAtTheEnd() { function(); }
  };
  try {
    const CallAtTheEnd last{function};
    throw std::runtime_error{"on its way"};
  } catch (const std::runtime_error&) {
    return; // it has done its work
  }
}

} // namespace flowcoro::test
