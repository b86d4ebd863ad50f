// Defect: a local variable is read after its function has returned.
namespace {
const volatile int* borrowed = nullptr;

[[gnu::noinline]] void lend() {
  const volatile int local = 1;
  borrowed = &local;
}
} // namespace

int main() {
  lend();
  return *borrowed == 1 ? 0 : 0;
}
