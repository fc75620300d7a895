// The published hash functions against vectors that an independent implementation computed; they
// stand in docs/formats/digest.md. A change here orphans every stored bucket and slice.
#include "core/base/hash.h"

#include "core/base/crc32.h"
#include "core/base/crypto.h"

#include "tests/support/builders.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

namespace cqrs {
namespace {

struct IdVector {
  const char* id;
  std::uint64_t hash;
  int bucket;
  int slice;
};

void PrintTo(const IdVector& vector, std::ostream* out) { *out << vector.id; }

class IdHash : public testing::TestWithParam<IdVector> {};

TEST_P(IdHash, IsThePublishedOne) {
  const auto id = parse_uuid(GetParam().id);
  ASSERT_TRUE(id.has_value());
  EXPECT_EQ(id_hash(*id), GetParam().hash);
  EXPECT_EQ(bucket_of(*id), GetParam().bucket);
  EXPECT_EQ(slice_of(*id), GetParam().slice);
}

INSTANTIATE_TEST_SUITE_P(
    Vectors, IdHash,
    testing::Values(
        IdVector{"0190c2a0-7c1e-7b6e-9d53-6d2f0a8b41c7", 0x3b28a56bc18b792fULL, 946, 236},
        IdVector{"0190c2a0-7c1f-7000-8000-000000000001", 0xf3ceeabf560ad4d4ULL, 3900, 975},
        IdVector{"0190c2a0-7c1f-7000-8000-000000000002", 0x2c743a7eb7dbfa2aULL, 711, 177},
        IdVector{"0190c2a0-7c20-7abc-bdef-0123456789ab", 0xc9413b244ace0459ULL, 3220, 805},
        IdVector{"ffffffff-ffff-ffff-ffff-ffffffffffff", 0x6309143e67a47936ULL, 1584, 396},
        IdVector{"00000000-0000-0000-0000-000000000001", 0x5e41ab087439611eULL, 1508, 377}),
    [](const auto& info) { return "Id" + std::to_string(info.index); });

TEST(Hash, BucketLiesWithinOneSlice) {
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    const Uuid id = support::an_id(Kind::kUser, i);
    ASSERT_EQ(bucket_of(id) / 4, slice_of(id));
  }
}

TEST(Hash, IdsOfOneMillisecondSpreadOverTheBuckets) {
  std::vector<int> count(kBuckets);
  for (std::uint64_t i = 0; i < 40'960; ++i) {
    ++count[static_cast<std::size_t>(bucket_of(make_uuid_v7(1'000, i & 0xFFFU, i)))];
  }
  // 10 each on average; a prefix of the id would put all of them into one.
  EXPECT_LT(*std::max_element(count.begin(), count.end()), 40);
}

TEST(Hash, SplitMixAndFnvAreThePublishedOnes) {
  EXPECT_EQ(mix64(0), 0xe220a8397b1dcdafULL);
  EXPECT_EQ(mix64(1), 0x910a2dec89025cc1ULL);
  EXPECT_EQ(fnv1a(""), 0xcbf29ce484222325ULL);
  EXPECT_EQ(fnv1a("a"), 0xaf63dc4c8601ec8cULL);
  EXPECT_EQ(fnv1a("foobar"), 0x85944171f73967e8ULL);
}

TEST(Crc32, HasTheCheckValueOfItsCatalogue) {
  EXPECT_EQ(crc32("123456789"), 0xCBF43926U);
  EXPECT_EQ(crc32(""), 0U);
}

std::string hex(const Sha256& hash) {
  std::string out;
  for (const auto byte : hash) {
    out += "0123456789abcdef"[byte >> 4U];
    out += "0123456789abcdef"[byte & 0x0FU];
  }
  return out;
}

TEST(Crypto, Sha256OfAbc) {
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Crypto, HmacOfRfc4231CaseTwo) {
  EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Crypto, HmacOfRfc4231CaseSixWithAKeyLongerThanABlock) {
  EXPECT_EQ(hex(hmac_sha256(std::string(131, '\xaa'),
                            "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

}  // namespace
}  // namespace cqrs
