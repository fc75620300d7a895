// How texts are cut, beside the rules of the memory adapter that the contracts were written with.
#include "core/read/words.h"

#include "core/adapters/memory/search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cqrs {
namespace {

using testing::ElementsAre;

TEST(Words, AreLowerCaseWithoutDiacritics) {
  EXPECT_THAT(words_of("Ständer CAFÉ, Ÿver-łuk"), ElementsAre("stander", "cafe", "yver", "łuk"));
  EXPECT_THAT(words_of("ŁUK Øre ÆON"), ElementsAre("łuk", "øre", "æon"));
}

TEST(Words, GreekAndCyrillicAreLowerCaseToo) {
  EXPECT_THAT(words_of("ЛАМПА Ωμέγα Ёж"), ElementsAre("лампа", "ωμέγα", "ёж"));
}

TEST(Words, AccentsThatStandAloneAreLeftOut) {
  EXPECT_THAT(words_of("cafe\u0301 \u0301"), ElementsAre("cafe"));
}

TEST(Words, WhatIsNoUtf8PartsWords) {
  EXPECT_THAT(words_of("\xff\xfe oak\xc3lamp \xed\xa0\x80x"), ElementsAre("oak", "lamp", "x"));
}

TEST(Words, AreThoseOfTheMemoryAdapter) {
  for (const char* text : {"Oak Lamp", "ada@example.org", "Oak 木製ランプ 🦊", "a1-b2_c3",
                           "", "***", "Größe ÀÉÎÕÜ çñ", "x²½", "“quoted” – dash"}) {
    EXPECT_EQ(words_of(text), memory::words_of(text)) << text;
  }
}

}  // namespace
}  // namespace cqrs
