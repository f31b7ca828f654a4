"""Buckets of S3, Google Cloud Storage and Azure, through obstore."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager, suppress
from mimetypes import guess_type
from typing import TYPE_CHECKING

from attrs import frozen

from ...errors import DownloadError
from .addresses import Bucket, joined
from .base import PART_SIZE, REACHED_WITHIN
from .connection import connected
from .handover import Handover
from .object_errors import explained

if TYPE_CHECKING:
    from obstore import Attributes
    from obstore.store import ObjectStore

__all__ = ("BucketRemote",)

_PARTS_AT_ONCE = 2
_PROBE = ".threekit-writable"
_READ_SIZE = 1024 * 1024


@frozen(kw_only=True)
class BucketRemote:
    """A bucket, or a container of Azure, with a prefix for all names.

    An object is seen when it is complete, never before. What fits into 8 MiB is sent in one
    request, which the store refuses when something is there (`replace=False`). What is larger is
    sent in parts of 8 MiB, two on their way and one being filled: about 32 MiB of memory for each
    such file. Obstore names no condition for completing such an upload, so the store is asked
    what is there before the first part, and again before the upload is completed: of two writers
    that complete one name within that moment, the last one stays.

    An upload that fails or is cancelled is aborted. A killed process leaves the parts it has sent
    in the bucket, unseen: let a lifecycle rule of the bucket delete them.
    """

    address: str
    prefix: str
    connection: ObjectStore

    @classmethod
    def at(cls, to: str) -> BucketRemote:
        """Reach the bucket of an address with what the environment holds.

        :raises UsageError: when the address cannot be read, or holds credentials.
        :raises ConfigError: when obstore is not installed, or the environment is not enough.
        """
        bucket = Bucket.parse(to)
        return cls(address=str(bucket), prefix=bucket.prefix, connection=connected(bucket))

    async def prepare(self) -> None:
        """Look for an object, write an empty one where there is none, delete it: three requests.

        It is called `.threekit-writable`. One is left, and does no harm, where these credentials
        may write and not delete.

        :raises DownloadError: when the bucket cannot be reached, read or written within 20 seconds.
        """
        try:
            async with asyncio.timeout(REACHED_WITHIN):
                await self._prove()
        except TimeoutError:
            raise DownloadError(
                f"{self.address} did not answer within {REACHED_WITHIN:.0f} seconds. "
                "Look at the network and the endpoint, and run again."
            ) from None

    async def size(self, name: str) -> int | None:
        """Return how many bytes are there under a name; None when nothing is.

        :raises DownloadError: when the store does not say.
        """
        import obstore

        with suppress(FileNotFoundError), self._explaining(name, missing_too=False):
            return (await obstore.head_async(self.connection, self._key(name)))["size"]
        return None

    async def digest(self, name: str) -> str | None:
        """Return the sha256 of what is there, read in pieces of about 1 MiB; None when nothing is.

        :raises DownloadError: when it cannot be read.
        """
        import obstore

        digest = hashlib.sha256()
        with suppress(FileNotFoundError), self._explaining(name, missing_too=False):
            found = await obstore.get_async(self.connection, self._key(name))
            async for piece in found.stream(min_chunk_size=_READ_SIZE):
                digest.update(piece)
            return digest.hexdigest()
        return None

    async def store(self, name: str, chunks: AsyncIterator[bytes], *, replace: bool) -> None:
        """Write an object, which is seen when it is complete; see the class and `Remote.store`."""
        held: list[bytes] = []
        size = 0
        async for chunk in chunks:
            held.append(chunk)
            size += len(chunk)
            if size > PART_SIZE:
                return await self._store_in_parts(name, held, chunks, replace=replace)
        return await self._store_at_once(name, b"".join(held), replace=replace)

    async def copy(self, source: str, name: str) -> bool:
        """Copy an object within the bucket; False when the store does not do it.

        Google and Azure copy under the condition that nothing is there. S3 is asked first, and
        keeps the content type so; `AWS_COPY_IF_NOT_EXISTS` sets one of obstore's other ways.

        :raises FileExistsError: when something is there under the new name.
        """
        import obstore
        from obstore.exceptions import AlreadyExistsError, BaseError, NotSupportedError

        old, new = self._key(source), self._key(name)
        try:
            await obstore.copy_async(self.connection, old, new, overwrite=False)
        except AlreadyExistsError:
            raise self._taken(name) from None
        except (NotSupportedError, NotImplementedError):
            return await self._copy_where_nothing_is(source, name)
        except (BaseError, FileNotFoundError):
            return False
        return True

    async def aclose(self) -> None:
        """Do nothing: connections are obstore's own, and end with the process."""

    async def _prove(self) -> None:
        import obstore
        from obstore.exceptions import BaseError

        await self.size(_PROBE)
        with self._explaining(_PROBE):
            written = await self._put_new(_PROBE, b"")
        if written:
            with suppress(BaseError, FileNotFoundError):
                await obstore.delete_async(self.connection, self._key(_PROBE))

    async def _store_at_once(self, name: str, data: bytes, *, replace: bool) -> None:
        import obstore

        with self._explaining(name):
            if replace:
                key, attributes = self._key(name), _attributes(name)
                await obstore.put_async(self.connection, key, data, attributes=attributes)
                return
            written = await self._put_new(name, data)
        # A write whose answer was lost is repeated by obstore, and then meets itself.
        if not written and await self.digest(name) != hashlib.sha256(data).hexdigest():
            raise self._taken(name)

    async def _put_new(self, name: str, data: bytes) -> bool:
        """Write where nothing is; False when something was."""
        import obstore
        from obstore.exceptions import AlreadyExistsError, NotSupportedError

        key, attributes = self._key(name), _attributes(name)
        try:
            await obstore.put_async(
                self.connection, key, data, attributes=attributes, mode="create"
            )
        except AlreadyExistsError:
            return False
        except (NotSupportedError, NotImplementedError):
            if await self.size(name) is not None:
                return False
            await obstore.put_async(self.connection, key, data, attributes=attributes)
        return True

    async def _store_in_parts(
        self, name: str, held: list[bytes], chunks: AsyncIterator[bytes], *, replace: bool
    ) -> None:
        if not replace:
            await self._expect_nothing(name)
        handover = Handover(lambda source: self._upload(name, source))
        try:
            held.reverse()
            while held:
                await self._handing(name, handover, held.pop())
            async for chunk in chunks:
                await self._handing(name, handover, chunk)
            if not replace:
                await self._expect_nothing(name)
            with self._explaining(name):
                await handover.end()
        except BaseException:
            await handover.give_up()
            raise

    async def _handing(self, name: str, handover: Handover, chunk: bytes) -> None:
        with self._explaining(name):
            await handover.give(chunk)

    async def _upload(self, name: str, source: AsyncIterator[bytes]) -> None:
        import obstore

        await obstore.put_async(
            self.connection,
            self._key(name),
            source,
            attributes=_attributes(name),
            use_multipart=True,
            chunk_size=PART_SIZE,
            max_concurrency=_PARTS_AT_ONCE,
        )

    async def _copy_where_nothing_is(self, source: str, name: str) -> bool:
        import obstore
        from obstore.exceptions import BaseError

        await self._expect_nothing(name)
        try:
            await obstore.copy_async(self.connection, self._key(source), self._key(name))
        except (BaseError, FileNotFoundError):
            return False
        return True

    async def _expect_nothing(self, name: str) -> None:
        if await self.size(name) is not None:
            raise self._taken(name)

    def _taken(self, name: str) -> FileExistsError:
        return FileExistsError(f"{joined(self.address, name)} is there already, and was kept.")

    def _key(self, name: str) -> str:
        return joined(self.prefix, name)

    @contextmanager
    def _explaining(self, name: str, *, missing_too: bool = True) -> Generator[None]:
        """Turn what obstore raises into sentences, without its text: that may be signed."""
        from obstore.exceptions import BaseError

        try:
            yield
        except FileNotFoundError as error:
            if not missing_too:
                raise
            raise explained(joined(self.address, name), error) from None
        except (BaseError, NotImplementedError, ValueError) as error:
            raise explained(joined(self.address, name), error) from None


def _attributes(name: str) -> Attributes:
    kind, _ = guess_type(name)
    return {"Content-Type": kind or "application/octet-stream"}
