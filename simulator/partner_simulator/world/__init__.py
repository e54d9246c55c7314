"""The servers of litwareinc.com: directory, Exchange organisation, Lync deployment, IIS hosts."""
