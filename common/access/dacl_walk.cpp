// The walk, in short (§10.2):
//
//   1. The owner gets READ_CONTROL and WRITE_DAC, unless a rule names Owner Rights.
//   2. No DACL: everything still open is granted. Otherwise, for each rule in order:
//      - it must apply to this object (not inherit-only), name the caller, and its condition must
//        be TRUE to allow, or not FALSE to deny;
//      - of the bits asked for, those nobody has decided yet are granted or denied.
//
// With a tree (§10.5) every node is decided on its own. A rule for one node acts on all below it;
// a denial also on all above it; and a node all of whose children have got a right gets it too.

#include "common/access/dacl_walk.h"

#include "common/access/well_known_sids.h"

#include <algorithm>

namespace evd::access {

namespace {

// §3.7: one rule for Owner Rights, whatever its condition, and the owner depends on the rules.
bool namesOwnerRights(const Acl& dacl) {
    return std::any_of(dacl.aces.begin(), dacl.aces.end(), [](const Ace& ace) {
        return !ace.inheritOnly() && isAccessAce(ace.type) && ace.sid == sids::kOwnerRights;
    });
}

class Walk {
  public:
    Walk(const IdentityView& view, const MappedRequest& request, const GenericMapping& mapping,
         const ObjectTree* tree, Decision start, ConditionBudget& budget)
        : view_(view),
          request_(request),
          mapping_(mapping),
          tree_(tree),
          root_(start),
          budget_(budget) {}

    WalkResult run(const std::optional<Acl>& dacl);

  private:
    void giveOwnerRights(const std::optional<Acl>& dacl);
    bool applies(const Ace& ace, Polarity polarity);
    void apply(const Ace& ace);
    void applyEverywhere(uint32_t bits, Polarity polarity);
    void allowBelow(size_t index, uint32_t bits);
    void denyAround(size_t index, uint32_t bits);
    void raiseGrants();
    bool settled() const;

    const IdentityView& view_;
    const MappedRequest& request_;
    const GenericMapping& mapping_;
    const ObjectTree* const tree_;
    Decision root_;
    std::vector<Decision> nodes_;  // one for each node of the tree
    ConditionBudget& budget_;
};

WalkResult Walk::run(const std::optional<Acl>& dacl) {
    giveOwnerRights(dacl);
    if (tree_ != nullptr) {
        nodes_.assign(tree_->size(), root_);
    }
    if (!dacl) {
        applyEverywhere(request_.valid, Polarity::Allow);
    } else {
        for (const Ace& ace : dacl->aces) {
            if (settled()) {
                break;
            }
            apply(ace);
        }
    }
    return {nodes_.empty() ? root_ : nodes_.front(), std::move(nodes_)};
}

void Walk::giveOwnerRights(const std::optional<Acl>& dacl) {
    if (view_.owner && view_.owner_implicit && !(dacl && namesOwnerRights(*dacl))) {
        root_.grant((kReadControl | kWriteDac) & request_.valid);
    }
}

// §10.2, short-circuit: nothing asked for is open any more. Never with a tree, never when the
// maximum is asked for.
bool Walk::settled() const {
    return tree_ == nullptr && !request_.maximum &&
           (root_.decided & request_.desired) == request_.desired;
}

bool Walk::applies(const Ace& ace, Polarity polarity) {
    if (!namesCaller(ace.sid, polarity, view_)) {
        return false;
    }
    if (!isConditionalAce(ace.type)) {
        return true;
    }
    // §3.8: doubt about a grant is no grant, doubt about a denial is a denial.
    const TriState state =
        evaluateCondition(ace.application_data, view_.conditions, polarity, budget_);
    return polarity == Polarity::Allow ? state == TriState::True : state != TriState::False;
}

void Walk::apply(const Ace& ace) {
    if (ace.inheritOnly() || !isAccessAce(ace.type)) {
        return;
    }
    const Polarity polarity = isAllowAce(ace.type) ? Polarity::Allow : Polarity::Deny;
    const uint32_t bits = mapping_.mapKnown(ace.mask) & request_.relevant();
    if (bits == 0 || !applies(ace, polarity)) {
        return;
    }
    if (tree_ == nullptr || !ace.object_type) {
        applyEverywhere(bits, polarity);
        return;
    }
    const auto index = tree_->find(*ace.object_type);
    if (index && polarity == Polarity::Allow) {
        allowBelow(*index, bits);
    } else if (index) {
        denyAround(*index, bits);
    }
}

void Walk::applyEverywhere(uint32_t bits, Polarity polarity) {
    const auto decide = [&](Decision& decision) {
        polarity == Polarity::Allow ? decision.grant(bits) : decision.deny(bits);
    };
    if (tree_ == nullptr) {
        decide(root_);
    }
    for (Decision& node : nodes_) {
        decide(node);
    }
}

void Walk::allowBelow(size_t index, uint32_t bits) {
    for (size_t node = index; node < tree_->subtreeEnd(index); ++node) {
        nodes_[node].grant(bits);
    }
    raiseGrants();
}

// Children stand behind their parents, so going backwards every node is final before its parent is
// looked at.
void Walk::raiseGrants() {
    std::vector<uint32_t> common(nodes_.size(), ~uint32_t{0});
    std::vector<bool> has_children(nodes_.size(), false);
    for (size_t index = nodes_.size(); index-- > 0;) {
        if (has_children[index]) {
            nodes_[index].grant(common[index]);
        }
        if (const auto parent = tree_->parentOf(index)) {
            common[*parent] &= nodes_[index].granted;
            has_children[*parent] = true;
        }
    }
}

// What is newly denied anywhere below goes up to every node above (§10.5).
void Walk::denyAround(size_t index, uint32_t bits) {
    uint32_t denied = 0;
    for (size_t node = index; node < tree_->subtreeEnd(index); ++node) {
        denied |= nodes_[node].deny(bits);
    }
    for (auto above = tree_->parentOf(index); above; above = tree_->parentOf(*above)) {
        nodes_[*above].deny(denied);
    }
}

}  // namespace

bool namesCaller(const Sid& sid, Polarity polarity, const IdentityView& view) {
    if (sid == sids::kOwnerRights) {
        return view.owner;
    }
    if (sid == sids::kPrincipalSelf) {
        return view.self_sid && view.matches(*view.self_sid, polarity);
    }
    return view.matches(sid, polarity);
}

WalkResult walkDacl(const std::optional<Acl>& dacl, const IdentityView& view,
                    const MappedRequest& request, const GenericMapping& mapping,
                    const ObjectTree* tree, Decision start, ConditionBudget& budget) {
    return Walk(view, request, mapping, tree, start, budget).run(dacl);
}

}  // namespace evd::access
