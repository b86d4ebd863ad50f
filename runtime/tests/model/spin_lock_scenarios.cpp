#include "flowcoro/park/spin_lock.hpp"

#include "model/atomics.hpp"
#include "model/scenarios.hpp"

/// One thread at a time is inside, and sees what those before it did there.
namespace flowcoro::model {
namespace {

using Lock = BasicSpinLock<ModelAtomics>;

} // namespace

std::vector<Scenario> spin_lock_scenarios() {
  return {
      {.name = "ThreadsGoInOneAfterTheOther",
       .program =
           [](Threads& threads) {
             Lock lock;
             Plain<int> inside{0};
             for (int i = 0; i < 3; ++i)
               threads.start([&] {
                 lock.lock();
                 inside = inside + 1;
                 lock.unlock();
               });
             threads.join();
             check(inside == 3, "a turn is lost");
           }},
      {.name = "OneTriesWhileAnotherIsInside",
       .bounds = {.preemptions = 3},
       .program =
           [](Threads& threads) {
             Lock lock;
             Plain<int> inside{0};
             int turns = 0;
             threads.start([&] {
               lock.lock();
               inside = inside + 1;
               ++turns;
               lock.unlock();
             });
             threads.start([&] {
               if (!lock.try_lock()) return;
               inside = inside + 1;
               ++turns;
               lock.unlock();
             });
             threads.join();
             check(inside == turns && turns != 0, "a turn is lost");
           }},
  };
}

} // namespace flowcoro::model
