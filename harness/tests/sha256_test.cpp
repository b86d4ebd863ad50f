#include "sha256.hpp"

#include <gtest/gtest.h>

#include "support/programs.hpp"

namespace flowbench {
namespace {

// The examples of FIPS 180-2, appendix B.
TEST(Sha256, MatchesThePublishedExamples) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, OfAFileIsThatOfItsBytes) {
  const test::Folder folder;
  EXPECT_EQ(sha256_of_file(folder.write("abc", "abc")), sha256_hex("abc"));
  EXPECT_EQ(sha256_of_file(folder.path() / "none"), std::nullopt);
}

} // namespace
} // namespace flowbench
