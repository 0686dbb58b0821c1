#include "common/access/kacs_check.h"

#include "common/base/result.h"

#include <unistd.h>
#include <cerrno>

namespace evd::access {

namespace {

constexpr long kAccessCheckList = 1024;  // peios-abi §0.1

}  // namespace

std::vector<KacsTreeNode> kacsNodesOf(std::span<const ObjectTreeNode> tree) {
    std::vector<KacsTreeNode> nodes;
    nodes.reserve(tree.size());
    for (const ObjectTreeNode& node : tree) {
        nodes.push_back({node.level, 0, node.guid.bytes});
    }
    return nodes;
}

int kacsCheckList(const KacsCheckArguments& arguments, std::span<KacsNodeResult> results) {
    return base::negativeErrno(
        ::syscall(kAccessCheckList, &arguments, results.data(), results.size()));
}

bool isKacsAbsent(int64_t outcome) {
    return outcome == -ENOSYS || outcome == -EPERM;
}

}  // namespace evd::access
