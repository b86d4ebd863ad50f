#pragma once
/// For a program that links replaced_new.cpp, in which every form of operator new of all threads asks the test first.

namespace flowcoro::test {

/// Called before each allocation; the test defines it. It allocates nothing. \return true to let the allocation fail.
[[nodiscard]] bool refuses_allocation() noexcept;

} // namespace flowcoro::test
