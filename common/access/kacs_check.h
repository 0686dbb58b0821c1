#pragma once

#include "common/access/object_tree.h"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace evd::access {

// The argument of kacs_access_check and kacs_access_check_list (PSD-004 §13.1; peios-abi §3.8), 136
// bytes, little-endian. A pointer and its length are both set or both zero.
//
//    byte 0        4         8        16      20       24..39     40..47    48      52
//        +--------+---------+--------+-------+--------+----------+---------+-------+--------+
//        | 136    | token   | descriptor     | wanted | mapping  | own SID         | intent |
//        +--------+---------+--------+-------+--------+----------+---------+-------+--------+
//    byte 56..71       72..87         88..95     96..103     104..119    120..127     128..135
//        +------------+--------------+----------+-----------+-----------+------------+----------+
//        | tree       | local claims | granted  | trust     | context   | continuous | staging  |
//        +------------+--------------+----------+-----------+-----------+------------+----------+
struct KacsCheckArguments {
    uint32_t caller_size = 136;
    int32_t token_fd = -1;
    uint64_t descriptor = 0;
    uint32_t descriptor_bytes = 0;
    uint32_t desired_access = 0;
    uint32_t generic_read = 0;
    uint32_t generic_write = 0;
    uint32_t generic_execute = 0;
    uint32_t generic_all = 0;
    uint64_t self_sid = 0;
    uint32_t self_sid_bytes = 0;
    uint32_t privilege_intent = 0;
    uint64_t object_tree = 0;
    uint32_t object_tree_count = 0;
    uint32_t zero0 = 0;
    uint64_t local_claims = 0;
    uint32_t local_claims_bytes = 0;
    uint32_t zero1 = 0;
    uint64_t granted_out = 0;
    uint32_t pip_type = 0;
    uint32_t pip_trust = 0;
    uint64_t audit_context = 0;
    uint32_t audit_context_bytes = 0;
    uint32_t zero2 = 0;
    uint64_t continuous_audit_out = 0;
    uint64_t staging_mismatch_out = 0;
};
static_assert(sizeof(KacsCheckArguments) == 136);

struct KacsTreeNode {
    uint16_t level = 0;
    uint16_t zero = 0;
    std::array<uint8_t, 16> guid{};
};
static_assert(sizeof(KacsTreeNode) == 20);

struct KacsNodeResult {
    uint32_t granted = 0;
    int32_t status = 0;  // 0 or -EACCES
};
static_assert(sizeof(KacsNodeResult) == 8);

std::vector<KacsTreeNode> kacsNodesOf(std::span<const ObjectTreeNode> tree);

// kacs_access_check_list (1024): 0, and a verdict for each node of the tree; or a negative errno.
int kacsCheckList(const KacsCheckArguments& arguments, std::span<KacsNodeResult> results);

// Whether a call failed because this kernel has no KACS. EPERM is what filters of container engines
// say to calls they have not heard of; KACS does not.
bool isKacsAbsent(int64_t outcome);

}  // namespace evd::access
