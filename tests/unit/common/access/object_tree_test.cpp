#include "common/access/object_tree.h"

#include <doctest/doctest.h>

namespace evd::access {
namespace {

base::Guid guidOf(size_t number) {
    base::Guid guid;
    guid.bytes[0] = static_cast<uint8_t>(number);
    guid.bytes[1] = static_cast<uint8_t>(number >> 8);
    return guid;
}

base::Result<ObjectTree> treeOf(const std::vector<uint16_t>& levels) {
    std::vector<ObjectTreeNode> nodes;
    for (const uint16_t level : levels) {
        nodes.push_back({level, guidOf(nodes.size() + 1)});
    }
    return ObjectTree::make(std::move(nodes));
}

TEST_CASE("object tree: parents and subtrees follow from the levels (PSD-004 §10.5)") {
    const auto tree = treeOf({0, 1, 2, 2, 1, 2, 3, 1});
    REQUIRE(tree.ok());
    CHECK_FALSE(tree.value().parentOf(0).has_value());
    CHECK(tree.value().parentOf(3) == 1);
    CHECK(tree.value().parentOf(6) == 5);
    CHECK(tree.value().parentOf(7) == 0);
    CHECK(tree.value().subtreeEnd(0) == 8);
    CHECK(tree.value().subtreeEnd(1) == 4);
    CHECK(tree.value().subtreeEnd(4) == 7);
    CHECK(tree.value().subtreeEnd(7) == 8);
    CHECK(tree.value().find(guidOf(5)) == 4);
    CHECK_FALSE(tree.value().find(guidOf(99)).has_value());
}

TEST_CASE("object tree: what the specification refuses is refused (PSD-004 §10.5)") {
    CHECK_FALSE(treeOf({}).ok());
    CHECK_FALSE(treeOf({1}).ok());
    CHECK_FALSE(treeOf({0, 0}).ok());
    CHECK_FALSE(treeOf({0, 1, 0}).ok());
    CHECK_FALSE(treeOf({0, 2}).ok());
    CHECK_FALSE(treeOf({0, 1, 3}).ok());
    CHECK(treeOf({0}).ok());
    CHECK(treeOf({0, 1, 2, 1}).ok());
    CHECK_FALSE(ObjectTree::make({{0, guidOf(1)}, {1, guidOf(2)}, {1, guidOf(1)}}).ok());
}

TEST_CASE("object tree: 1024 nodes are taken, 1025 are not") {
    std::vector<uint16_t> levels(ObjectTree::kNodesMax, 1);
    levels[0] = 0;
    CHECK(treeOf(levels).ok());
    levels.push_back(1);
    CHECK_FALSE(treeOf(levels).ok());
    for (size_t index = 0; index < levels.size(); ++index) {
        levels[index] = static_cast<uint16_t>(index);
    }
    levels.pop_back();
    CHECK(treeOf(levels).ok());
}

}  // namespace
}  // namespace evd::access
