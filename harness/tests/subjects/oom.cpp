// Takes memory until it is stopped, or has 1 GiB.
#include "fake.hpp"

int main(int argc, char** argv) {
    const Call call = read_call(argc, argv);
    for (int i = 0; i < 1024 && call.phases > 0; ++i) {
        constexpr std::size_t chunk = 1U << 20U;
        auto* const memory = static_cast<char*>(std::malloc(chunk));
        if (memory == nullptr) return 1;
        std::memset(memory, i | 1, chunk);
    }
    return say_done(call);
}
