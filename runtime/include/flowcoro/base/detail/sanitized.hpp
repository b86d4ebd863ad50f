#pragma once
/// Is this a build with a sanitizer that watches memory? Then FLOWCORO_SANITIZED is defined, and with the one for addresses
/// FLOWCORO_ASAN too.
#if defined(__SANITIZE_ADDRESS__)
#define FLOWCORO_ASAN 1
#define FLOWCORO_SANITIZED 1
#elif defined(__SANITIZE_THREAD__)
#define FLOWCORO_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FLOWCORO_ASAN 1
#define FLOWCORO_SANITIZED 1
#elif __has_feature(thread_sanitizer)
#define FLOWCORO_SANITIZED 1
#endif
#endif
