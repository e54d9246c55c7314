@{ documents = [object[]]@(Get-Documents -Room $Request.answerBytes) }
