// The programs end with their instruction, so nothing that only owns memory needs to be freed: `sbf-forget` empties those destructors.
#include "passes.h"

#include "llvm/Demangle/Demangle.h"

using namespace llvm;

namespace sbf {
namespace {

/// What only owns memory or counts owners; a `Ref` or a guard ends something when it is dropped, so it is none of these.
constexpr StringRef Owners[] = {
    "alloc::boxed::Box<anchor_lang::accounts::", "alloc::collections::btree::map::BTreeMap<",
    "alloc::collections::btree::set::BTreeSet<", "alloc::rc::Rc<core::cell::RefCell<&mut ", "alloc::string::String>",
    "alloc::vec::Vec<", "anchor_lang::accounts::", "anchor_lang::context::", "anchor_lang::error::",
    "solana_program::account_info::AccountInfo>", "solana_program::instruction::Instruction>",
};
constexpr StringRef Drop = "core::ptr::drop_in_place::<";

bool onlyFrees(StringRef Mangled) {
  std::string Name = demangle(Mangled);
  StringRef Type(Name);
  if (!Type.consume_front(Drop) || Type.contains("::Ref<") || Type.contains("::RefMut<") || Type.contains("Guard"))
    return false;
  return any_of(Owners, [&](StringRef Owner) { return Type.starts_with(Owner); });
}

} // namespace

void forgetOwners(Module &M) {
  for (Function &F : M) {
    if (F.empty())
      continue;
    if (F.getName().ends_with("___rust_alloc"))
      F.addFnAttr(Attribute::NoInline);
    if (F.getName().contains("drop_in_place") && onlyFrees(F.getName())) {
      F.deleteBody();
      F.setLinkage(GlobalValue::InternalLinkage);
      ReturnInst::Create(M.getContext(), BasicBlock::Create(M.getContext(), "", &F));
    }
  }
}

} // namespace sbf
