#include "ipc/api/escape.h"

#include <gtest/gtest.h>

#include <random>

namespace coppice::api {
namespace {

std::string random_bytes(std::mt19937& random, std::size_t length) {
  std::string bytes(length, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

TEST(Base64, the_examples_of_RFC_4648) {
  const std::pair<const char*, const char*> examples[] = {
      {"", ""},         {"f", "Zg=="},     {"fo", "Zm8="},        {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : examples) {
    EXPECT_EQ(base64_encode(bytes), text);
    EXPECT_EQ(base64_decode(text), bytes);
  }
}

TEST(Base64, any_bytes_come_back) {
  std::mt19937 random(1);
  for (std::size_t length = 0; length < 300; ++length) {
    const std::string bytes = random_bytes(random, length);
    EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes) << length;
  }
}

TEST(Base64, what_is_not_canonical_is_refused) {
  for (const char* text : {"Z", "Zg", "Zg=", "Zg===", "=", "====", "Z===", "Zh==", "Zm9=", "Zg==Zg==",
                           "Zm 9v", "Zm9v\n", "Zm-_", "Z=g=", "Zm9v=", "\xff\xff\xff\xff"})
    EXPECT_EQ(base64_decode(text), std::nullopt) << text;
}

TEST(Escape, text_is_told_from_other_bytes) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("grün €  𝄞"));
  for (const char* wrong : {"\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "a\x80"})
    EXPECT_FALSE(is_utf8(wrong));
}

TEST(Escape, ordinary_text_is_left_as_it_is) {
  for (const char* text : {"", "sh -c 'a\\nb'", "C:\\dir", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "a\\\\b"})
    EXPECT_EQ(escape_bytes(text), text);
}

TEST(Escape, bytes_that_are_not_UTF_8_are_written_in_hex) {
  EXPECT_EQ(escape_bytes("a\xff"), "a\\xff");
  EXPECT_EQ(escape_bytes("\\\xff"), "\\\\\\xff");
  // Overlong, surrogate, above the last code point, cut off.
  EXPECT_EQ(escape_bytes("\xc0\xaf"), "\\xc0\\xaf");
  EXPECT_EQ(escape_bytes("\xed\xa0\x80"), "\\xed\\xa0\\x80");
  EXPECT_EQ(escape_bytes("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
  EXPECT_EQ(escape_bytes("\xe2\x82"), "\\xe2\\x82");
  EXPECT_EQ(escape_bytes("\xe2\x82 "), "\\xe2\\x82 ");
}

TEST(Escape, text_that_looks_escaped_is_told_apart) {
  EXPECT_EQ(escape_bytes("\\xff"), "\\\\xff");
  EXPECT_EQ(unescape_bytes("\\\\xff"), "\\xff");
  EXPECT_NE(escape_bytes("\\xff"), escape_bytes("\xff"));
}

TEST(Escape, any_bytes_come_back) {
  std::mt19937 random(2);
  const std::string alphabet = "\\x0f\xc3\xa4\xffz";
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = random_bytes(random, random() % 12);
    if (round % 2)
      for (char& byte : bytes) byte = alphabet[random() % alphabet.size()];
    EXPECT_EQ(unescape_bytes(escape_bytes(bytes)), bytes);
  }
}

TEST(Escape, foreign_escapes_stand_for_themselves) {
  EXPECT_EQ(unescape_bytes("\\x"), "\\x");
  EXPECT_EQ(unescape_bytes("\\xf"), "\\xf");
  EXPECT_EQ(unescape_bytes("\\xFF"), "\\xFF");
  EXPECT_EQ(unescape_bytes("\\x4a\\n"), "J\\n");
}

}  // namespace
}  // namespace coppice::api
