"""solana-py and anchorpy drive a localnet by their own calls."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from anchorpy import Context, Idl, Program, Provider, Wallet
from localnet.conftest import OUT
from localnet.servers import Server
from localnet.traffic import SOL, Api, make_token, pay, sign
from patience import WAIT_SECONDS
from solana.exceptions import SolanaRpcException
from solana.rpc.api import Client
from solana.rpc.async_api import AsyncClient
from solana.rpc.commitment import Confirmed, Processed
from solana.rpc.core import RPCException
from solana.rpc.types import DataSliceOpts, MemcmpOpts, TokenAccountOpts, TxOpts
from solana.rpc.websocket_api import connect
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from solders.rpc.config import RpcTransactionLogsFilterMentions
from solders.system_program import ID as SYSTEM_PROGRAM
from solders.sysvar import RENT
from spl.token.client import Token
from spl.token.constants import TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID


@pytest.fixture(scope="module")
def client(server: Server) -> Client:
    return Client(server.url, commitment=Confirmed, timeout=WAIT_SECONDS)


@pytest.fixture(scope="module")
def payer(server: Server) -> Keypair:
    return Api(server.url).fund(100)


def test_a_transfer_and_everything_about_it(client: Client, payer: Keypair) -> None:
    to = Keypair().pubkey()
    latest = client.get_latest_blockhash().value
    transaction = sign([pay(payer, to, 5_000_000)], [payer], latest.blockhash)
    assert client.get_fee_for_message(transaction.message).value == 5000
    assert client.simulate_transaction(transaction, sig_verify=True).value.err is None
    signature = client.send_transaction(transaction).value
    client.confirm_transaction(signature, Confirmed, last_valid_block_height=latest.last_valid_block_height)
    assert client.get_balance(to).value == 5_000_000
    found = client.get_transaction(signature, "jsonParsed", max_supported_transaction_version=0).value
    assert found is not None
    assert found.transaction.meta is not None
    assert found.transaction.meta.fee == 5000
    assert client.get_block(0).value is not None
    assert client.get_signatures_for_address(to).value[0].signature == signature
    assert client.get_signature_statuses([signature]).value[0] is not None


def test_a_refusal_and_an_expired_blockhash(client: Client, payer: Keypair, server: Server) -> None:
    poor = sign([pay(payer, Keypair().pubkey(), 10**15)], [payer], client.get_latest_blockhash().value.blockhash)
    with pytest.raises(RPCException) as refused:
        client.send_transaction(poor)
    assert refused.value.args[0].data.logs
    late = sign([pay(payer, Keypair().pubkey(), SOL)], [payer], client.get_latest_blockhash().value.blockhash)
    Api(server.url).get("mai_warp", {"slots": 200})
    with pytest.raises(RPCException, match=r"BlockhashNotFound|Blockhash not found"):
        client.send_transaction(late)


def test_the_cluster_tells_of_itself(client: Client, payer: Keypair) -> None:
    assert client.is_connected()
    assert client.get_version().value.solana_core
    assert client.get_slot().value <= client.get_slot(Processed).value
    height = client.get_block_height().value  # before the slot: blocks go on between two questions
    assert client.get_epoch_info().value.absolute_slot >= height
    assert client.get_epoch_schedule().value.slots_per_epoch
    assert client.get_genesis_hash().value
    assert client.get_identity().value.identity
    assert client.get_block_time(1).value
    assert client.get_blocks(0, 1).value == [0, 1]
    assert client.get_supply().value.total
    assert client.get_largest_accounts().value
    assert client.get_vote_accounts().value.current
    assert client.get_cluster_nodes().value
    assert client.get_leader_schedule().value
    assert client.get_slot_leader().value
    assert client.get_inflation_rate().value.total == 0
    assert client.get_inflation_governor().value.initial == 0
    assert client.get_minimum_balance_for_rent_exemption(165).value == 2_039_280
    assert client.get_first_available_block().value == 0
    assert client.get_transaction_count().value > 0
    assert client.get_recent_performance_samples(1).value
    with pytest.raises((RPCException, SolanaRpcException)):
        client.get_block(10**12)


@pytest.mark.parametrize("program", [TOKEN_PROGRAM_ID, TOKEN_2022_PROGRAM_ID], ids=["token", "token-2022"])
def test_tokens_by_the_librarys_own_class(client: Client, payer: Keypair, program: Pubkey) -> None:
    options = TxOpts(skip_confirmation=False, preflight_commitment=Confirmed)
    token = Token.create_mint(client, payer, payer.pubkey(), 6, program, skip_confirmation=False)
    mine = token.create_associated_token_account(payer.pubkey())
    theirs = token.create_associated_token_account(Keypair().pubkey())
    token.mint_to(mine, payer, 1_000_000, opts=options)
    token.transfer(mine, theirs, payer, 250_000, opts=options)
    assert token.get_balance(theirs).value.amount == "250000"
    assert token.get_mint_info().supply == 1_000_000
    assert client.get_token_supply(token.pubkey).value.ui_amount_string == "1"
    largest = client.get_token_largest_accounts(token.pubkey).value
    assert [item.amount.amount for item in largest] == ["750000", "250000"]
    owned = client.get_token_accounts_by_owner_json_parsed(payer.pubkey(), TokenAccountOpts(mint=token.pubkey)).value
    assert [item.pubkey for item in owned] == [mine]
    holders = client.get_program_accounts(
        program,
        encoding="base64",
        data_slice=DataSliceOpts(64, 8),
        filters=[MemcmpOpts(0, str(token.pubkey))],
    ).value
    assert {int.from_bytes(item.account.data, "little") for item in holders} == {750_000, 250_000}
    token.burn(mine, payer, 750_000, opts=options)
    token.close_account(mine, payer.pubkey(), payer, opts=options)
    assert client.get_account_info(mine).value is None
    assert client.get_token_accounts_by_owner(payer.pubkey(), TokenAccountOpts(mint=token.pubkey)).value == []


def test_a_delegate_finds_what_it_may_spend(server: Server, client: Client, payer: Keypair) -> None:
    mint, account = make_token(Api(server.url), payer)
    found = client.get_token_accounts_by_delegate(payer.pubkey(), TokenAccountOpts(mint=mint)).value
    assert [item.pubkey for item in found] == [account]


def test_websockets(server: Server, payer: Keypair) -> None:
    to = Keypair().pubkey()

    async def play() -> list[str]:
        async with (
            AsyncClient(server.url, commitment=Confirmed, timeout=WAIT_SECONDS) as client,
            connect(server.websocket, open_timeout=WAIT_SECONDS) as socket,
        ):
            await socket.account_subscribe(to, Confirmed)
            await socket.logs_subscribe(RpcTransactionLogsFilterMentions(to), Confirmed)
            await socket.program_subscribe(SYSTEM_PROGRAM, Confirmed)
            await socket.slot_subscribe()
            await socket.root_subscribe()
            heard: list[str] = []
            while heard.count("SubscriptionResult") < 5:  # before anything is sent that is to be heard of
                heard += [type(item).__name__ for item in await socket.recv()]
            latest = (await client.get_latest_blockhash()).value
            signature = (
                await client.send_transaction(sign([pay(payer, to, 3_000_000)], [payer], latest.blockhash))
            ).value
            await socket.signature_subscribe(signature, Confirmed)
            wanted = {
                *("AccountNotification", "LogsNotification", "ProgramNotification"),
                *("SignatureNotification", "SlotNotification", "RootNotification"),
            }
            while not wanted <= set(heard):
                heard += [type(item).__name__ for item in await asyncio.wait_for(socket.recv(), 60)]
            return sorted(heard)

    assert "SignatureNotification" in asyncio.run(play())


def test_anchorpy_with_mais_own_interface(server: Server, wallet: Path) -> None:
    key = Keypair.from_bytes(bytes(json.loads(wallet.read_text())))

    async def play() -> None:
        owner = Keypair()
        provider = Provider(
            AsyncClient(server.url, commitment=Confirmed, timeout=WAIT_SECONDS),
            Wallet(key),
            TxOpts(preflight_commitment=Confirmed),
        )
        fund = sign(
            [pay(key, owner.pubkey(), SOL)], [key], (await provider.connection.get_latest_blockhash()).value.blockhash
        )
        await provider.connection.confirm_transaction(await provider.send(fund), Confirmed)
        idl = Idl.from_json((OUT / "mai.json").read_text())
        address = Pubkey.from_string(json.loads((OUT / "mai.json").read_text())["metadata"]["address"])
        program = Program(idl, address, provider)
        stake = Pubkey.find_program_address([b"stake", bytes(owner.pubkey())], address)[0]
        accounts = {"owner": owner.pubkey(), "stake": stake, "rent": RENT, "system_program": SYSTEM_PROGRAM}
        before = len(await program.account["Stake"].all())
        signature = await program.rpc["open_stake"](ctx=Context(accounts=accounts, signers=[owner]))
        await provider.connection.confirm_transaction(signature, Confirmed)
        found = await program.account["Stake"].fetch(stake, Confirmed)
        assert found.owner == owner.pubkey()
        assert len(await program.account["Stake"].all()) == before + 1
        await program.close()

    asyncio.run(play())
