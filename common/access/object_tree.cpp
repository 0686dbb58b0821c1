#include "common/access/object_tree.h"

#include "common/base/text.h"

#include <algorithm>

namespace evd::access {

namespace {

base::Error malformed(std::string_view what) {
    return base::fail(base::ErrorKind::Invalid, base::cat("malformed object tree: ", what));
}

// Spec §10.5, the rules about levels.
base::Result<void> checkLevels(std::span<const ObjectTreeNode> nodes) {
    if (nodes.empty() || nodes.size() > ObjectTree::kNodesMax) {
        return malformed(base::cat(nodes.size(), " nodes"));
    }
    if (nodes.front().level != 0) {
        return malformed("the first node is not at level 0");
    }
    for (size_t index = 1; index < nodes.size(); ++index) {
        if (nodes[index].level == 0) {
            return malformed("a second node at level 0");
        }
        if (nodes[index].level > nodes[index - 1].level + 1) {
            return malformed("a level is skipped");
        }
    }
    return {};
}

}  // namespace

base::Result<ObjectTree> ObjectTree::make(std::vector<ObjectTreeNode> nodes) {
    EVD_TRY(checkLevels(nodes));
    ObjectTree tree;
    std::vector<size_t> path;  // the nodes from the root to the last one
    for (size_t index = 0; index < nodes.size(); ++index) {
        path.resize(nodes[index].level);
        tree.parents_.push_back(path.empty() ? 0 : path.back());
        path.push_back(index);
        tree.by_guid_.emplace_back(nodes[index].guid, index);
    }
    std::ranges::sort(tree.by_guid_);
    const auto twice = std::ranges::adjacent_find(
        tree.by_guid_,
        [](const auto& left, const auto& right) { return left.first == right.first; });
    if (twice != tree.by_guid_.end()) {
        return malformed(base::cat("twice ", base::formatGuid(twice->first)));
    }
    tree.nodes_ = std::move(nodes);
    return tree;
}

std::optional<size_t> ObjectTree::find(const base::Guid& guid) const {
    const auto at =
        std::ranges::lower_bound(by_guid_, guid, {}, &std::pair<base::Guid, size_t>::first);
    return at != by_guid_.end() && at->first == guid ? std::optional<size_t>(at->second)
                                                     : std::nullopt;
}

std::optional<size_t> ObjectTree::parentOf(size_t index) const {
    return index == 0 ? std::nullopt : std::optional<size_t>(parents_[index]);
}

size_t ObjectTree::subtreeEnd(size_t index) const {
    size_t end = index + 1;
    while (end < nodes_.size() && nodes_[end].level > nodes_[index].level) {
        ++end;
    }
    return end;
}

}  // namespace evd::access
