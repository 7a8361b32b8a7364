#include "passes.h"

#include "llvm/IR/InstIterator.h"

using namespace llvm;

namespace sbf {
namespace {

/// Registers that carry arguments.
constexpr unsigned ArgumentRegisters = 5;

unsigned registers(Type *T) {
  if (auto *Struct = dyn_cast<StructType>(T)) {
    unsigned Sum = 0;
    for (Type *Element : Struct->elements())
      Sum += registers(Element);
    return Sum;
  }
  if (auto *Array = dyn_cast<ArrayType>(T))
    return Array->getNumElements() * registers(Array->getElementType());
  if (auto *Integer = dyn_cast<IntegerType>(T))
    return divideCeil(Integer->getBitWidth(), 64);
  return 1;
}

bool isLegalReturn(Type *T) { return T->isVoidTy() || (!T->isAggregateType() && registers(T) <= 1); }

/// How a signature is rewritten.
struct Rewrite {
  bool ReturnsByPointer = false;  // a first argument takes the result
  unsigned Kept = 0;              // leading arguments that stay
  StructType *Packed = nullptr;   // the others, behind one last pointer
  FunctionType *Signature = nullptr; // the new one

  bool isNeeded() const { return ReturnsByPointer || Packed; }
};

Rewrite rewriteOf(FunctionType *Old) {
  Rewrite R;
  LLVMContext &Context = Old->getContext();
  Type *Pointer = PointerType::get(Context, 0);
  R.ReturnsByPointer = !isLegalReturn(Old->getReturnType());
  R.Kept = Old->getNumParams();
  unsigned Needed = R.ReturnsByPointer;
  for (Type *Parameter : Old->params())
    Needed += registers(Parameter);
  if (Needed > ArgumentRegisters) {
    unsigned Used = R.ReturnsByPointer;
    R.Kept = 0;
    while (Used + registers(Old->getParamType(R.Kept)) <= ArgumentRegisters - 1)
      Used += registers(Old->getParamType(R.Kept++));
    R.Packed = StructType::get(Context, SmallVector<Type *>(Old->param_begin() + R.Kept, Old->param_end()));
  }
  SmallVector<Type *> Parameters;
  if (R.ReturnsByPointer)
    Parameters.push_back(Pointer);
  Parameters.append(Old->param_begin(), Old->param_begin() + R.Kept);
  if (R.Packed)
    Parameters.push_back(Pointer);
  R.Signature = FunctionType::get(R.ReturnsByPointer ? Type::getVoidTy(Context) : Old->getReturnType(), Parameters, false);
  return R;
}

/// The attributes that still hold: it now touches memory, and a returned argument or allocation size has moved.
AttributeList keptAttributes(AttributeList Old, LLVMContext &Context, const Rewrite &R) {
  AttrBuilder OfFunction(Context, Old.getFnAttrs());
  for (auto Kind : {Attribute::Memory, Attribute::AllocSize, Attribute::AllocKind})
    OfFunction.removeAttribute(Kind);
  SmallVector<AttributeSet> OfParameters;
  if (R.ReturnsByPointer)
    OfParameters.push_back({});
  for (unsigned I = 0; I < R.Kept; ++I) {
    AttrBuilder OfParameter(Context, Old.getParamAttrs(I));
    OfParameter.removeAttribute(Attribute::Returned);
    OfParameters.push_back(AttributeSet::get(Context, OfParameter));
  }
  AttributeSet OfReturn = R.ReturnsByPointer ? AttributeSet() : Old.getRetAttrs();
  return AttributeList::get(Context, AttributeSet::get(Context, OfFunction), OfReturn, OfParameters);
}

void unpackArguments(Function *Old, Function *New, const Rewrite &R) {
  IRBuilder<> B(&New->getEntryBlock(), New->getEntryBlock().getFirstInsertionPt());
  Value *Pack = New->getArg(R.ReturnsByPointer + R.Kept);
  for (unsigned I = 0; I < R.Packed->getNumElements(); ++I) {
    Value *Slot = B.CreateStructGEP(R.Packed, Pack, I);
    Old->getArg(R.Kept + I)->replaceAllUsesWith(B.CreateLoad(R.Packed->getElementType(I), Slot));
  }
}

void storeReturnValues(Function *New) {
  for (BasicBlock &Block : *New)
    if (auto *Return = dyn_cast<ReturnInst>(Block.getTerminator())) {
      IRBuilder<> B(Return);
      B.CreateStore(Return->getReturnValue(), New->getArg(0));
      B.CreateRetVoid();
      Return->eraseFromParent();
    }
}

void rewriteFunction(Function *Old) {
  Rewrite R = rewriteOf(Old->getFunctionType());
  Function *New = Function::Create(R.Signature, Old->getLinkage(), Old->getAddressSpace(), "", Old->getParent());
  New->setAttributes(keptAttributes(Old->getAttributes(), Old->getContext(), R));
  New->setCallingConv(Old->getCallingConv()); // another one would make its calls unreachable
  New->setVisibility(Old->getVisibility());
  New->setUnnamedAddr(Old->getUnnamedAddr());
  New->setDSOLocal(Old->isDSOLocal());
  New->takeName(Old);
  New->splice(New->begin(), Old);
  for (unsigned I = 0; I < R.Kept; ++I)
    Old->getArg(I)->replaceAllUsesWith(New->getArg(R.ReturnsByPointer + I));
  if (!New->empty()) {
    if (R.Packed)
      unpackArguments(Old, New, R);
    if (R.ReturnsByPointer)
      storeReturnValues(New);
  }
  Old->replaceAllUsesWith(New);
  Old->eraseFromParent();
}

void rewriteCall(CallInst *Old) {
  Type *Returned = Old->getFunctionType()->getReturnType();
  Rewrite R = rewriteOf(Old->getFunctionType());
  IRBuilder<> Entry = atEntry(Old), B(Old);
  SmallVector<Value *> Arguments;
  AllocaInst *Result = nullptr, *Pack = nullptr;
  if (R.ReturnsByPointer) {
    Result = Entry.CreateAlloca(Returned);
    B.CreateLifetimeStart(Result);
    Arguments.push_back(Result);
  }
  Arguments.append(Old->arg_begin(), Old->arg_begin() + R.Kept);
  if (R.Packed) {
    Pack = Entry.CreateAlloca(R.Packed);
    B.CreateLifetimeStart(Pack);
    for (unsigned I = 0; I < R.Packed->getNumElements(); ++I)
      B.CreateStore(Old->getArgOperand(R.Kept + I), B.CreateStructGEP(R.Packed, Pack, I));
    Arguments.push_back(Pack);
  }
  CallInst *New = B.CreateCall(R.Signature, Old->getCalledOperand(), Arguments);
  New->setCallingConv(Old->getCallingConv());
  New->setAttributes(keptAttributes(Old->getAttributes(), Old->getContext(), R));
  Value *Replacement = New;
  if (Result) {
    Replacement = B.CreateLoad(Returned, Result);
    B.CreateLifetimeEnd(Result);
  }
  if (Pack)
    B.CreateLifetimeEnd(Pack);
  if (!Returned->isVoidTy())
    Old->replaceAllUsesWith(Replacement);
  if (Replacement == New && !Returned->isVoidTy())
    New->takeName(Old);
  Old->eraseFromParent();
}

/// `sret` means a register of its own in the back end's eyes; a plain pointer does the same work.
void dropStructReturn(Module &M) {
  for (Function &F : M) {
    for (unsigned I = 0; I < F.arg_size(); ++I)
      F.removeParamAttr(I, Attribute::StructRet);
    for (Instruction &I : instructions(F))
      if (auto *Call = dyn_cast<CallBase>(&I))
        for (unsigned J = 0; J < Call->arg_size(); ++J)
          Call->removeParamAttr(J, Attribute::StructRet);
  }
}

bool needsRewrite(FunctionType *T) { return !T->isVarArg() && rewriteOf(T).isNeeded(); }

bool needsRewrite(CallInst *Call) {
  Function *Callee = Call->getCalledFunction();
  return !Call->isInlineAsm() && !(Callee && Callee->isIntrinsic()) && needsRewrite(Call->getFunctionType());
}

} // namespace

void lowerSignatures(Module &M) {
  dropStructReturn(M);
  SmallVector<CallInst *> Calls;
  SmallVector<Function *> Functions;
  for (Function &F : M) {
    for (Instruction &I : instructions(F))
      if (auto *Call = dyn_cast<CallInst>(&I); Call && needsRewrite(Call))
        Calls.push_back(Call);
    if (!F.isIntrinsic() && needsRewrite(F.getFunctionType()))
      Functions.push_back(&F);
  }
  for (CallInst *Call : Calls)
    rewriteCall(Call);
  for (Function *F : Functions)
    rewriteFunction(F);
}

} // namespace sbf
