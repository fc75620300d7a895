// The product aggregate: what each command is answered with in each state, and what its events do.
#include "core/domain/product/product.h"

#include "tests/support/builders.h"
#include "tests/support/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

Result<std::vector<ProductEvent>> create(const std::string& name, const std::string& description,
                                         Money price) {
  return decide(nullptr, ProductCommand(CreateProduct{name, description, price}));
}

ProductState after(const ProductState& before, const std::vector<ProductEvent>& events) {
  std::optional<ProductState> state = before;
  for (const auto& event : events) evolve(state, event);
  return *state;
}

const ProductState& inactive() {
  static const ProductState kProduct{a_product(1).name, a_product(1).description,
                                     a_product(1).price, false};
  return kProduct;
}

TEST(Product, CreationGivesOneEventWithTheWholeState) {
  const ProductState product = a_product(1);
  const auto events = create(product.name, product.description, product.price);
  ASSERT_THAT(events, is_ok());
  ASSERT_EQ(events->size(), 1U);
  EXPECT_EQ(std::get<ProductCreated>(events->front()).product, product);
}

TEST(Product, CreationOfAnExistingProductIsRefused) {
  const ProductState product = a_product(1);
  EXPECT_THAT(decide(&product, ProductCommand(CreateProduct{"Lamp", "", Money{1}})),
              fails_with(ErrorCode::kAlreadyExists, "id"));
}

TEST(Product, ChangesOfAMissingProductAreNotFound) {
  for (const ProductCommand& command :
       {ProductCommand(UpdateProduct{}), ProductCommand(ChangePrice{}),
        ProductCommand(DeactivateProduct{}), ProductCommand(ActivateProduct{}),
        ProductCommand(DeleteProduct{})}) {
    EXPECT_THAT(decide(nullptr, command), fails_with(ErrorCode::kNotFound, "id"));
  }
}

TEST(Product, FieldsOutsideTheirLimitsAreNamed) {
  const auto kInvalid = ErrorCode::kInvalid;
  EXPECT_THAT(create("", "", Money{1}), fails_with(kInvalid, "name"));
  EXPECT_THAT(create(std::string(201, 'x'), "", Money{1}), fails_with(kInvalid, "name"));
  EXPECT_THAT(create("two\nlines", "", Money{1}), fails_with(kInvalid, "name"));
  EXPECT_THAT(create("Lamp", std::string(5'001, 'x'), Money{1}),
              fails_with(kInvalid, "description"));
  EXPECT_THAT(create("Lamp", std::string("\0", 1), Money{1}), fails_with(kInvalid, "description"));
  EXPECT_THAT(create("Lamp", "", Money{-1}), fails_with(kInvalid, "price"));
  EXPECT_THAT(create("Lamp", "", Money{kMaxPrice.minor + 1}), fails_with(kInvalid, "price"));
}

TEST(Product, FieldsAtTheirLimitsAreAccepted) {
  EXPECT_THAT(create(std::string(200, 'x'), std::string(5'000, 'x'), kMaxPrice), is_ok());
  EXPECT_THAT(create("x", "", Money{0}), is_ok());
  EXPECT_THAT(create("x", "lines\nand\ttabs", Money{0}), is_ok());
}

TEST(Product, UpdateChangesExactlyWhatItNames) {
  UpdateProduct changes;
  changes.name = set("Lamp");
  const ProductState before = a_product(1);
  const auto events = decide(&before, ProductCommand(changes));
  ASSERT_THAT(events, is_ok());
  ProductState expected = before;
  expected.name = "Lamp";
  EXPECT_EQ(after(before, *events), expected);
}

TEST(Product, EventHoldsOnlyTheFieldsThatReallyChanged) {
  const ProductState before = a_product(1);
  UpdateProduct changes;
  changes.name = set(before.name);
  changes.description = set("New");
  const auto events = decide(&before, ProductCommand(changes));
  ASSERT_THAT(events, is_ok());
  ASSERT_EQ(events->size(), 1U);
  UpdateProduct expected;
  expected.description = set("New");
  EXPECT_EQ(std::get<ProductUpdated>(events->front()).changes, expected);
}

TEST(Product, UpdateToTheSameValuesGivesNoEvent) {
  const ProductState before = a_product(1);
  UpdateProduct changes;
  changes.name = set(before.name);
  changes.description = set(before.description);
  const auto events = decide(&before, ProductCommand(changes));
  ASSERT_THAT(events, is_ok());
  EXPECT_TRUE(events->empty());
}

TEST(Product, DescriptionIsClearedByNull) {
  const ProductState before = a_product(1);
  UpdateProduct changes;
  changes.description = clear();
  const auto events = decide(&before, ProductCommand(changes));
  ASSERT_THAT(events, is_ok());
  EXPECT_EQ(after(before, *events).description, "");
}

TEST(Product, ClearingAnEmptyDescriptionGivesNoEvent) {
  ProductState before = a_product(1);
  before.description.clear();
  UpdateProduct changes;
  changes.description = clear();
  const auto events = decide(&before, ProductCommand(changes));
  ASSERT_THAT(events, is_ok());
  EXPECT_TRUE(events->empty());
}

TEST(Product, NameCannotBeCleared) {
  const ProductState before = a_product(1);
  UpdateProduct changes;
  changes.name = clear();
  EXPECT_THAT(decide(&before, ProductCommand(changes)), fails_with(ErrorCode::kInvalid, "name"));
}

TEST(Product, PriceIsChanged) {
  const ProductState before = a_product(1);
  const auto events = decide(&before, ProductCommand(ChangePrice{Money{1735}}));
  ASSERT_THAT(events, is_ok());
  EXPECT_EQ(after(before, *events).price, Money{1735});
  const auto& changed = std::get<ProductPriceChanged>(events->front());
  EXPECT_EQ(changed.from, before.price);
  EXPECT_EQ(changed.to, Money{1735});
}

TEST(Product, ChangeToTheSamePriceGivesNoEvent) {
  const ProductState before = a_product(1);
  const auto events = decide(&before, ProductCommand(ChangePrice{before.price}));
  ASSERT_THAT(events, is_ok());
  EXPECT_TRUE(events->empty());
}

TEST(Product, PriceOutsideItsLimitsIsRefused) {
  const ProductState before = a_product(1);
  EXPECT_THAT(decide(&before, ProductCommand(ChangePrice{Money{-1}})),
              fails_with(ErrorCode::kInvalid, "price"));
  EXPECT_THAT(decide(&before, ProductCommand(ChangePrice{Money{kMaxPrice.minor + 1}})),
              fails_with(ErrorCode::kInvalid, "price"));
}

TEST(Product, DeactivationAndActivationChangeNothingElse) {
  const ProductState active = a_product(1);
  const auto off = decide(&active, ProductCommand(DeactivateProduct{}));
  ASSERT_THAT(off, is_ok());
  EXPECT_EQ(after(active, *off), inactive());
  const auto on = decide(&inactive(), ProductCommand(ActivateProduct{}));
  ASSERT_THAT(on, is_ok());
  EXPECT_EQ(after(inactive(), *on), active);
}

TEST(Product, DeactivationAndActivationThatHoldAlreadyGiveNoEvent) {
  const ProductState active = a_product(1);
  const auto on = decide(&active, ProductCommand(ActivateProduct{}));
  ASSERT_THAT(on, is_ok());
  EXPECT_TRUE(on->empty());
  const auto off = decide(&inactive(), ProductCommand(DeactivateProduct{}));
  ASSERT_THAT(off, is_ok());
  EXPECT_TRUE(off->empty());
}

TEST(Product, InactiveProductCannotBeRepricedAndTheRefusalNamesTheWayOut) {
  const auto events = decide(&inactive(), ProductCommand(ChangePrice{Money{1735}}));
  EXPECT_THAT(events, fails_with(ErrorCode::kVersionConflict, "isActive"));
  EXPECT_THAT(events.error().message, testing::EndsWith(": activate it first"));
  // Repeating the price that holds is no repricing; a price out of range is wrong in any state.
  EXPECT_THAT(decide(&inactive(), ProductCommand(ChangePrice{inactive().price})), is_ok());
  EXPECT_THAT(decide(&inactive(), ProductCommand(ChangePrice{Money{-1}})),
              fails_with(ErrorCode::kInvalid, "price"));
}

TEST(Product, InactiveProductCanBeUpdatedAndStaysInactive) {
  UpdateProduct changes;
  changes.name = set("Lamp");
  const auto events = decide(&inactive(), ProductCommand(changes));
  ASSERT_THAT(events, is_ok());
  ProductState expected = inactive();
  expected.name = "Lamp";
  EXPECT_EQ(after(inactive(), *events), expected);
}

TEST(Product, DeletionLeavesNoState) {
  for (const ProductState& before : {a_product(1), inactive()}) {
    const auto events = decide(&before, ProductCommand(DeleteProduct{}));
    ASSERT_THAT(events, is_ok());
    ASSERT_EQ(events->size(), 1U);
    std::optional<ProductState> state = before;
    evolve(state, events->front());
    EXPECT_FALSE(state.has_value());
  }
}

TEST(Product, ChangesWithoutAStateAreIgnoredByEvolve) {
  std::optional<ProductState> state;
  for (const ProductEvent& event :
       {ProductEvent(ProductUpdated{}), ProductEvent(ProductPriceChanged{{}, Money{1}}),
        ProductEvent(ProductDeactivated{}), ProductEvent(ProductActivated{}),
        ProductEvent(ProductDeleted{})}) {
    evolve(state, event);
    EXPECT_FALSE(state.has_value());
  }
}

}  // namespace
}  // namespace cqrs
