// What becomes of a key, on a page of flash.
#include "lib/session/key_page.hpp"

#include <gtest/gtest.h>

#include <string>

namespace irmeter {
namespace {

// A page that keeps its content, as long as it can be written.
struct Flash {
  std::optional<KeyPage::Image> image;
  bool writable = true;

  [[nodiscard]] auto saver() {
    return [this](const KeyPage::Image& next) {
      image = writable ? next : image;
      return writable;
    };
  }
  // As after a loss of power.
  [[nodiscard]] KeyPage restarted() const { return image ? *KeyPage::from(*image) : KeyPage(); }
};

constexpr const char* meter = "0000000012345678";

TEST(KeyPage, AnUnprovenKeyIsAllowedOnce) {
  Flash flash;
  KeyPage page;
  EXPECT_EQ(page.ask({meter}, flash.saver()), KeyPermission::granted);
  EXPECT_EQ(page.ask({meter}, flash.saver()), KeyPermission::unanswered);
  KeyPage next = flash.restarted();
  EXPECT_EQ(next.ask({meter}, flash.saver()), KeyPermission::unanswered);
  EXPECT_EQ(next.ask({meter, true}, flash.saver()), KeyPermission::last);
}

TEST(KeyPage, WhatTheMeterMadeOfItOutlastsTheProcess) {
  for (const auto& [trust, permission] : {std::pair(KeyTrust::proven, KeyPermission::proven),
                                          std::pair(KeyTrust::rejected, KeyPermission::rejected),
                                          std::pair(KeyTrust::put_off, KeyPermission::last)}) {
    Flash flash;
    KeyPage page;
    (void)page.ask({meter}, flash.saver());
    page.learn({meter, trust}, flash.saver());
    KeyPage next = flash.restarted();
    EXPECT_EQ(next.ask({meter}, flash.saver()), permission);
  }
}

TEST(KeyPage, NothingIsAllowedThatIsNotSaved) {
  Flash flash;
  KeyPage page;
  flash.writable = false;
  EXPECT_EQ(page.ask({meter}, flash.saver()), KeyPermission::unrecorded);
  flash.writable = true;
  EXPECT_EQ(page.ask({meter}, flash.saver()), KeyPermission::granted);
}

TEST(KeyPage, WhatCouldNotBeSavedIsSavedLater) {
  Flash flash;
  KeyPage page;
  (void)page.ask({meter}, flash.saver());
  page.learn({meter, KeyTrust::proven}, flash.saver());
  flash.writable = false;
  page.learn({meter, KeyTrust::rejected}, flash.saver());
  page.save_again(flash.saver());
  EXPECT_EQ(page.ask({meter}, flash.saver()), KeyPermission::rejected);
  flash.writable = true;
  page.save_again(flash.saver());
  EXPECT_EQ(flash.restarted().ask({meter}, flash.saver()), KeyPermission::rejected);
}

TEST(KeyPage, WhatIsSavedIsNotSavedAgain) {
  Flash flash;
  KeyPage page;
  (void)page.ask({meter}, flash.saver());
  page.learn({meter, KeyTrust::proven}, flash.saver());
  flash.image.reset();
  page.save_again(flash.saver());
  EXPECT_FALSE(flash.image);
}

TEST(KeyPage, EachMeterHasItsOwnPlaceWhileThereIsOne) {
  Flash flash;
  KeyPage page;
  for (std::size_t i = 0; i < KeyPage::most_meters; ++i) {
    EXPECT_EQ(page.ask({std::to_string(i + 1)}, flash.saver()), KeyPermission::granted);
  }
  EXPECT_EQ(page.ask({"one too many"}, flash.saver()), KeyPermission::unrecorded);
  EXPECT_EQ(page.ask({"longer than the room that there is"}, flash.saver()),
            KeyPermission::unrecorded);
  EXPECT_EQ(page.ask({"1"}, flash.saver()), KeyPermission::unanswered);
}

TEST(KeyPage, WhatIsDamagedIsNoPage) {
  Flash flash;
  KeyPage page;
  (void)page.ask({meter}, flash.saver());
  for (std::size_t at = 0; at < KeyPage::size; ++at) {
    KeyPage::Image image = *flash.image;
    image[at] ^= 1U;
    EXPECT_FALSE(KeyPage::from(image)) << at;
  }
}

}  // namespace
}  // namespace irmeter
