#pragma once

#include "common/base/guid.h"
#include "common/base/result.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace evd::access {

// One part of an object: how deep it stands, and the name rules know it by.
struct ObjectTreeNode {
    uint16_t level = 0;
    base::Guid guid;
};

// The parts of an object that are asked about one by one (PSD-004 §10.5): in eventd, a pattern and
// its fields.
//
// The nodes stand in the order of a walk through the tree, parents before children. make() refuses
// with Invalid what the kernel refuses: no node or more than kNodesMax, a first level other than 0
// or a second level 0, a level that skips one, a GUID that occurs twice. Never changes afterwards;
// safe on any thread.
class ObjectTree {
  public:
    static constexpr size_t kNodesMax = 1024;  // of kacs_access_check_list

    static base::Result<ObjectTree> make(std::vector<ObjectTreeNode> nodes);

    size_t size() const { return nodes_.size(); }
    std::span<const ObjectTreeNode> nodes() const { return nodes_; }
    std::optional<size_t> find(const base::Guid& guid) const;
    // The parent of every node but the first.
    std::optional<size_t> parentOf(size_t index) const;
    // One past the last node below this one, itself included.
    size_t subtreeEnd(size_t index) const;

  private:
    ObjectTree() = default;

    std::vector<ObjectTreeNode> nodes_;
    std::vector<size_t> parents_;                         // of the first node: itself
    std::vector<std::pair<base::Guid, size_t>> by_guid_;  // sorted
};

}  // namespace evd::access
