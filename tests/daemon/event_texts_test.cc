#include "daemon/event_texts.h"

#include <gtest/gtest.h>

#include <string>

namespace coppice::daemon::test {
namespace {

varlink::SharedReply reply(int number) {
  return varlink::SharedReply("{\"number\":" + std::to_string(number) + "}");
}

TEST(EventTexts, a_text_is_there_until_a_later_one_takes_its_place) {
  EventTexts texts;
  EXPECT_FALSE(texts.find(1));
  texts.keep(1, reply(1));
  texts.keep(2, reply(2));
  ASSERT_TRUE(texts.find(1));
  EXPECT_EQ(texts.find(1)->text(), std::string("{\"continues\":true,\"parameters\":{\"number\":1}}") + '\0');
  texts.keep(1 + EventTexts::kKept, reply(3));
  EXPECT_FALSE(texts.find(1));
  EXPECT_TRUE(texts.find(2));
}

TEST(EventTexts, no_event_has_the_number_0) {
  EventTexts texts;
  EXPECT_FALSE(texts.find(0));
}

}  // namespace
}  // namespace coppice::daemon::test
